import type { EndpointSpec } from '../../spec/types';

/** Where the model's files come from, as the spec says or as the model's id shows. */
export type ModelFrom = 'hub' | 's3-prefix' | 's3-tarball' | 'jumpstart' | 'model-package' | 'local';

/** `undefined` where neither `modelData` nor the id says. */
export function modelFrom({ model, endpoint }: Pick<EndpointSpec, 'model' | 'endpoint'>): ModelFrom | undefined {
  if (endpoint?.modelData !== undefined) return endpoint.modelData;
  const { id } = model;
  if (id === undefined) return undefined;
  if (id.startsWith('s3://')) return isTarball(id) ? 's3-tarball' : 's3-prefix';
  if (id.startsWith('/') || id.startsWith('.')) return 'local';
  return isHubId(id) ? 'hub' : undefined;
}

/** `org/name`, as the Hugging Face hub names a repository. */
export function isHubId(text: string): boolean {
  return /^[\w.-]+\/[\w.-]+$/.test(text) && !text.startsWith('.');
}

export function isTarball(uri: string): boolean {
  return /\.(tar\.gz|tgz|tar)$/i.test(uri);
}
