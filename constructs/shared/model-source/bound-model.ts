import type { CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct, IDependable } from 'constructs';
import type { Finding } from '../../../lib/rules/types';
import type { EndpointOptions, ModelSpec } from '../../../lib/spec/types';

/** A model source in the scope of one endpoint: what the spec, the SageMaker model and the role need of it. */
export interface BoundModel {
  /** Where the container finds a file of the source; absent for the hub, whose files the server names itself. */
  readonly containerPath?: (file: string) => string;
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

/** A weight file that a source is known to hold. */
export interface KnownFile {
  /** Relative to the source, with `/`. */
  readonly path: string;
  /** Bytes of its tensors, all parts together. */
  readonly weightBytes?: number;
  /** GGUF file type, such as `Q4_K_M`. */
  readonly fileType?: string;
}

/**
 * Chooses among the files of a source, knowing the model.
 *
 * @returns those to serve, all others are left where they are; undefined for all of them
 */
export type FilePick = (model: ModelSpec, from: BoundModel['modelData']) => readonly string[] | undefined;

/** Makes a `BoundModel`. */
export interface ModelBinder {
  /**
   * Resources that the model needs become children of `scope`.
   *
   * @param pick asked once; the hub's server finds its files itself, and does not heed the answer
   */
  bind(scope: Construct, pick?: FilePick): BoundModel;
  /** GGUF files that synth can see in the source; without it none. */
  ggufFiles?(): readonly KnownFile[];
}
