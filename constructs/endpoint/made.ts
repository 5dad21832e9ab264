import type { CfnEndpointConfig, CfnInferenceComponent, CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import type { Expectations } from '../../lib/observe';
import type { EndpointPlan } from './plan-figures';

/** What this app knows of an endpoint, or of a model in a fleet, because it makes it. */
export interface MadeEndpoint {
  readonly plan: EndpointPlan;
  /** What can be measured of it; of a model in a fleet, for each copy. */
  readonly expected: Expectations;
  /** What there are several of. */
  readonly unit: 'instance' | 'copy';
  /** Resources whose names change with what is served. */
  readonly config: CfnEndpointConfig;
  readonly model: CfnModel;
  /** What must stand before requests are answered, beside the endpoint itself. */
  readonly component?: CfnInferenceComponent;
}
