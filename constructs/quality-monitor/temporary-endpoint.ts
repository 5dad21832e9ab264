import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import type { Construct } from 'constructs';
import { QuantizedEndpoint } from '../endpoint/endpoint';
import type { QuantizedEndpointProps } from '../endpoint/props';
import { uniqueName } from '../shared/unique-name';
import { ownArn } from '../shared/waiting-function';
import type { BoundReference } from './bound-reference';

/**
 * All that an endpoint is made of but the endpoint: planned and checked like any other, so that what the schedule creates one night does
 * not fail for a reason that synth could have told.
 */
export function temporaryEndpoint(scope: Construct, props: QuantizedEndpointProps): BoundReference {
  const endpointName = props.endpointName ?? uniqueName(scope, '-reference');
  const made = new QuantizedEndpoint(scope, 'Reference', {
    ...props,
    endpointName,
    alarms: false,
    rollbackAlarms: undefined,
    deploymentStrategy: undefined,
    minInstanceCount: undefined,
    maxInstanceCount: undefined,
    schedules: undefined,
  });
  // It is the function that makes and deletes it.
  made.node.tryRemoveChild('Resource');
  const config = made.node.findChild('Config') as CfnEndpointConfig;
  const endpointConfigName = config.attrEndpointConfigName;
  return {
    config: { kind: 'temporary', endpointName, endpointConfigName },
    endpointArn: ownArn(scope, 'sagemaker', `endpoint/${endpointName}`),
    endpointConfigArn: ownArn(scope, 'sagemaker', `endpoint-config/${endpointConfigName}`),
    identity: endpointConfigName,
  };
}
