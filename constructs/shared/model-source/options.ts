import type { Size } from 'aws-cdk-lib';

/** What is known of a model beforehand. Without it nothing can be planned, and a warning says so. */
export interface ModelKnowledge {
  /**
   * The checkpoint's `config.json`, parsed.
   *
   * @default - read from `configPath`, else from the model's directory, else from `quantized-endpoints.lock.json`
   */
  readonly config?: Record<string, unknown>;

  /**
   * Path of the checkpoint's `config.json` on this machine.
   *
   * @default - read from the model's directory, else from `quantized-endpoints.lock.json`
   */
  readonly configPath?: string;

  /**
   * Size of all weight files together.
   *
   * @default - measured for a local directory, else from `quantized-endpoints.lock.json`, else worked out from `config`
   */
  readonly weightSize?: Size;
}

/** Options of `ModelSource.huggingFace`. */
export interface HuggingFaceModelOptions extends ModelKnowledge {
  /**
   * Commit to download, best the full hash: with a branch or a tag, instances that start on different days may serve
   * different weights.
   *
   * @default - the commit in `quantized-endpoints.lock.json`, else whatever the default branch holds when an instance
   * starts, with a warning
   */
  readonly revision?: string;

  /**
   * Does the hub ask for the acceptance of a licence before it lets the model be downloaded?
   *
   * @default - from `quantized-endpoints.lock.json`, else not known
   */
  readonly gated?: boolean;
}

/** Options of `ModelSource.s3Prefix` and `ModelSource.s3Object`. */
export interface S3ModelOptions extends ModelKnowledge {
  /**
   * Name of the model for reports, such as its hub id.
   *
   * @default - its S3 URI
   */
  readonly modelName?: string;
}

/** Options of `ModelSource.localDirectory`. */
export interface LocalModelOptions extends ModelKnowledge {
  /**
   * Name of the model for reports.
   *
   * @default - the directory's name
   */
  readonly modelName?: string;

  /**
   * Files to leave out, as glob patterns.
   *
   * @default - hidden files
   */
  readonly exclude?: string[];
}

/** Options of `ModelSource.jumpStart`. */
export interface JumpStartModelOptions extends ModelKnowledge {
  /**
   * Version of the JumpStart model, such as `2.0.1`.
   *
   * @default - the version in `quantized-endpoints.lock.json`
   */
  readonly version?: string;

  /**
   * Private hub that curates the model for an organization.
   *
   * @default - AWS's public hub
   */
  readonly hub?: string;

  /**
   * One of the model's inference configurations, such as one that is optimized or quantized already. `qe models add` tells
   * their names.
   *
   * @default - the model as JumpStart deploys it by default
   */
  readonly inferenceConfig?: string;

  /**
   * Accept the model's end-user licence agreement. Only gated models ask for it.
   *
   * @default false
   */
  readonly acceptEula?: boolean;

  /**
   * Key of the model's artifact in JumpStart's bucket: a prefix that ends in `/`, or an object.
   *
   * @default - from `quantized-endpoints.lock.json`
   */
  readonly artifactKey?: string;

  /**
   * Is the artifact in the bucket of gated models (`jumpstart-private-cache-prod-…`)?
   *
   * @default - from `quantized-endpoints.lock.json`, else false
   */
  readonly gated?: boolean;
}
