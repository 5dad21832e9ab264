import { Grant } from 'aws-cdk-lib/aws-iam';
import type { BoundModel } from '../shared/model-source/bound-model';
import type { NeuronGraphCache } from './options';

/**
 * Libraries of Neuron look for each graph there before they compile it, and leave it there afterwards. Read by libneuronxla, which
 * compiles for transformers-neuronx, NxD and optimum-neuron alike; LMI sets it from an option of its own.
 * Sources: AWS Neuron documentation, "Neuron Persistent Cache"; neuronx-distributed trace/model_builder.py (`use_cache=True`);
 * optimum-neuron cache/hub_cache.py, where the hub is asked second; djl-serving tnx_properties.py, `compiled_graph_path`.
 */
export const CACHE_VARIABLE = 'NEURON_COMPILE_CACHE_URL';

export function cacheUrl({ bucket, prefix }: NeuronGraphCache): string {
  return bucket.s3UrlForObject(prefix);
}

/** The model, whose role may use the cache as well. */
export function withCacheAccess(model: BoundModel, cache: NeuronGraphCache | undefined): BoundModel {
  if (cache === undefined) return model;
  const { bucket, prefix } = cache;
  return {
    ...model,
    grantRead(grantee, argue) {
      const objects = bucket.arnForObjects(`${prefix}*`);
      argue(objects, 'The compiler names graphs by their digests; nothing else in the bucket can be touched.');
      const allow = (actions: string[], arn: string, conditions?: Record<string, Record<string, unknown>>) =>
        Grant.addToPrincipalOrResource({ grantee, actions, resourceArns: [arn], resource: bucket, conditions });
      return [
        ...model.grantRead(grantee, argue),
        // A lock is an object that goes again.
        allow(['s3:DeleteObject', 's3:GetObject', 's3:PutObject'], objects),
        allow(['s3:ListBucket'], bucket.bucketArn, { StringLike: { 's3:prefix': [prefix, `${prefix}*`] } }),
        ...(bucket.encryptionKey === undefined ? [] : [bucket.encryptionKey.grantEncryptDecrypt(grantee)]),
      ];
    },
  };
}
