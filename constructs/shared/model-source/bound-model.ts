import type { CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct, IDependable } from 'constructs';
import type { Finding } from '../../../lib/rules/types';
import type { EndpointOptions, ModelSpec } from '../../../lib/spec/types';

/** A model source in the scope of one endpoint: what the spec, the SageMaker model and the role need of it. */
export interface BoundModel {
  /** For people: in reports and tags. */
  readonly name: string;
  readonly spec: ModelSpec;
  readonly modelData: NonNullable<EndpointOptions['modelData']>;
  /** Hub only: the commit, tag or branch to download. */
  readonly revision?: string;
  /** Absent: the container downloads the model itself. */
  readonly dataSource?: CfnModel.S3DataSourceProperty;
  readonly acceptEula?: boolean;
  /** Scheme that the source itself names, such as a GGUF file type. */
  readonly quantization?: string;
  /** What the source alone can tell is wrong or risky. */
  readonly findings: readonly Finding[];
  /** CloudFormation metadata for the SageMaker model. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /**
   * Lets the execution role read the weights.
   *
   * @param argue told of each wildcard in the policy, and why it is there
   * @returns what must exist before the weights are read
   */
  grantRead(grantee: IGrantable, argue: (resource: string, reason: string) => void): IDependable[];
}

/** Makes a `BoundModel`; resources that it needs become children of `scope`. */
export type ModelBinder = (scope: Construct) => BoundModel;
