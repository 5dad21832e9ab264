import type { Duration } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ContainerImage } from '../shared/container-image';
import type { InstanceType } from '../shared/instance-type';
import type { ModelSource } from '../shared/model-source';
import type { OptimizationTechnique } from './technique';

/** Properties of `OptimizationJob`. */
export interface OptimizationJobProps {
  /** Model to start from: uncompressed in S3, as `ModelSource.s3Prefix`, `localDirectory` or `jumpStart` have it. */
  readonly model: ModelSource;

  /** What is done to it. */
  readonly technique: OptimizationTechnique;

  /** Instance type of the endpoint that will serve the result. On which the job itself runs SageMaker decides. */
  readonly instanceType: InstanceType;

  /** Bucket that the result is written into. It stays when the job is deleted: an endpoint may still read it. */
  readonly outputBucket: IBucket;

  /**
   * Prefix below which the result is written. Each result has a folder of its own in it, so that a new one does not
   * disturb an endpoint that serves the old one.
   *
   * @default - `optimized/` and the construct's name
   */
  readonly outputPrefix?: string;

  /**
   * Key with which the result is encrypted.
   *
   * @default - the bucket's own
   */
  readonly encryptionKey?: IKey;

  /**
   * Image in which the job runs, an LMI image of AWS or a copy of one.
   *
   * @default - the service's own choice; for what newer images no longer do, the last that does it
   */
  readonly image?: ContainerImage;

  /**
   * Version of LMI in which the job runs, such as `0.32.0-lmi14`; with `image`, the version of that image.
   *
   * @default - of an own image not known; else as for `image`
   */
  readonly imageVersion?: string;

  /**
   * More variables of the job's steps, such as `OPTION_AWQ_MM_VERSION`.
   *
   * @default - none
   */
  readonly environment?: Record<string, string>;

  /**
   * How long the job may run, and so how long the stack waits for it at most.
   *
   * @default Duration.hours(4)
   */
  readonly maxRuntime?: Duration;

  /**
   * Network of the job: from it S3, ECR and CloudWatch must be reached.
   *
   * @default - SageMaker's own
   */
  readonly vpc?: IVpc;

  /**
   * Subnets of `vpc`.
   *
   * @default - the private ones, with a way out
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * Security groups of the job in `vpc`, five at most.
   *
   * @default - a new one that lets HTTPS out
   */
  readonly securityGroups?: ISecurityGroup[];

  /**
   * Role that SageMaker assumes for the job. It gets what the job needs.
   *
   * @default - a new role
   */
  readonly role?: IRole;
}
