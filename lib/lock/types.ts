/** Where a locked model comes from. */
export type LockedSource = 'huggingface' | 'jumpstart' | 's3';

/** What is known of one model, so that synth needs no network. */
export interface LockedModel {
  readonly source: LockedSource;
  /** Hub id, JumpStart model id (`[hub/]model[#configuration]`), or `s3://` prefix. */
  readonly id: string;
  /** Hub: the commit. JumpStart: the model's version. */
  readonly revision?: string;
  /** The checkpoint's config.json, verbatim. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Sum of the weight files' tensor bytes. */
  readonly weightBytes?: number;
  /** The hub asks for a licence acceptance. */
  readonly gated?: boolean;
  /** JumpStart: the artifact in the service's bucket of each region. */
  readonly artifact?: LockedArtifact;
  /** JumpStart: the model's reference in a private hub, through which its weights are read. */
  readonly hubContentArn?: string;
  /** ISO date and time the model was looked up. */
  readonly resolvedAt?: string;
}

/** A JumpStart artifact. Buckets differ by region only in their suffix, so that one lock file holds for all of them. */
export interface LockedArtifact {
  /** Such as `jumpstart-cache-prod`: the bucket's name is this, a hyphen, and the region. */
  readonly bucketPrefix: string;
  /** Key of an object, or a prefix that ends in `/`. */
  readonly key: string;
}

/** `quantized-endpoints.lock.json`: committed beside `cdk.json`, written by `qe models add`, read at synth. */
export interface LockFile {
  readonly version: 1;
  /** By `lockKey`. */
  readonly models: Readonly<Record<string, LockedModel>>;
}

/** Name of the lock file, looked for in the directory in which the CDK app runs. */
export const LOCK_FILE_NAME = 'quantized-endpoints.lock.json';

/**
 * Key of a model in the lock file: `huggingface:Qwen/Qwen2.5-7B-Instruct-AWQ`, with `@revision` where one is asked for.
 * An entry without `@` is what the model's default branch was when it was added.
 */
export function lockKey(source: LockedSource, id: string, revision?: string): string {
  const name = source === 's3' ? id : `${source}:${id}`;
  return revision === undefined ? name : `${name}@${revision}`;
}
