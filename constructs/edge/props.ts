import type { Size } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { GgufServingProps } from '../gguf/options';
import type { QualityGate } from '../quality-gate/quality-gate';
import type { CommonServingProps } from '../shared/serving-options';
import type { ModelKnowledge } from '../shared/model-source/options';

/** Processor of an edge device, in Greengrass's words. */
export enum EdgeArchitecture {
  /** 64-bit Arm. */
  AARCH64 = 'aarch64',

  /** 64-bit x86. */
  AMD64 = 'amd64',
}

/** The machines that serve; of a group that differ, the smallest. */
export interface EdgeDevice {
  /** Memory of the device. What the model may take is planned against it. */
  readonly memory: Size;

  /** Its processor. */
  readonly architecture: EdgeArchitecture;

  /**
   * `componentStoreMaxSizeBytes` of the device's Greengrass nucleus: all files of all its components must fit.
   *
   * @default - the nucleus's own, 10 GB
   */
  readonly componentStoreSize?: Size;
}

/** Properties of `GgufEdgeDeployment`. */
export interface GgufEdgeDeploymentProps extends CommonServingProps, GgufServingProps, ModelKnowledge {
  /** Bucket of the GGUFs. They must be there before the stack is deployed. */
  readonly bucket: IBucket;

  /**
   * Prefix of the GGUFs, to which `files` are relative.
   *
   * @default - the root of the bucket
   */
  readonly prefix?: string;

  /** The machines that serve. */
  readonly device: EdgeDevice;

  /**
   * ARN of the AWS IoT thing or thing group that is deployed to. A target has one deployment: this one replaces it, and
   * removes what components it does not name.
   */
  readonly targetArn: string;

  /**
   * Version of the component. Greengrass keeps a version as it was first made: what changes needs a new one.
   *
   * @default - 1.0 and a number made of what the component holds, so that a change is a new version by itself
   */
  readonly componentVersion?: string;

  /**
   * Name of the component.
   *
   * @default - made from the construct's path
   */
  readonly componentName?: string;

  /**
   * Key of an executable llama-server for the device in `bucket`, which is then part of the component.
   *
   * @default - `llama-server` is on the device's search path
   */
  readonly serverKey?: string;

  /**
   * Port on which the server listens, on the device itself only.
   *
   * @default 8080
   */
  readonly port?: number;

  /**
   * Token exchange role of the devices, which is then let read the files.
   *
   * @default - the role can read them already
   */
  readonly tokenExchangeRole?: IRole;

  /**
   * Measured quality that the chosen file must have. Synth fails below it, and the figures go into the plan artefact and
   * the tags.
   *
   * @default - quality is not looked at
   */
  readonly qualityGate?: QualityGate;
}
