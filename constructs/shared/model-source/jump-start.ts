import { Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { SpecError } from '../../../lib/errors';
import { lockKey, type LockedArtifact } from '../../../lib/lock';
import type { ModelSpec } from '../../../lib/spec/types';
import type { BoundModel, FilePick, ModelBinder } from './bound-model';
import { configUnknown, knownOf, lockFileOf } from './knowledge';
import type { JumpStartModelOptions } from './options';
import { objectData, prefixData } from './s3';

/**
 * JumpStart's own buckets, one of each in a region; source: sagemaker-core, `sagemaker/core/jumpstart/constants.py`.
 */
const OPEN_BUCKET = 'jumpstart-cache-prod';
const GATED_BUCKET = 'jumpstart-private-cache-prod';

export function jumpStart(name: string, options: JumpStartModelOptions): ModelBinder {
  const modelId =
    (options.hub === undefined ? '' : `${options.hub}/`) +
    name +
    (options.inferenceConfig === undefined ? '' : `#${options.inferenceConfig}`);
  const asked = options.version === undefined ? modelId : `${modelId}@${options.version}`;
  const add = `run \`qe models add jumpstart:${asked}\` and commit quantized-endpoints.lock.json`;
  const bind = (scope: Construct, pick?: FilePick): BoundModel => {
    const locked = lockFileOf(scope).models[lockKey('jumpstart', modelId, options.version)];
    const artifact = artifactOf(options, locked?.artifact);
    if (artifact === undefined)
      throw new SpecError('JUMPSTART_MODEL_NOT_LOCKED', `where JumpStart keeps ${asked} is not known at synth`, {
        got: asked,
        allowed: 'a model in quantized-endpoints.lock.json, or artifactKey',
        fix: add,
        path: '/model/id',
      });
    const gated = options.gated ?? locked?.gated ?? artifact.bucketPrefix === GATED_BUCKET;
    const known = knownOf(options, locked);
    const bucketName = `${artifact.bucketPrefix}-${Stack.of(scope).region}`;
    const bucket = Bucket.fromBucketName(scope, 'JumpStartBucket', bucketName);
    const data = (artifact.key.endsWith('/') ? prefixData : objectData)(bucket, artifact.key);
    const spec: ModelSpec = { id: modelId, ...known, gated };
    pick?.(spec, 'jumpstart');
    return {
      name: modelId,
      spec,
      modelData: 'jumpstart',
      acceptEula: options.acceptEula,
      findings: known.config === undefined ? [configUnknown(modelId, `${add}, or give config or configPath`)] : [],
      dataSource: {
        ...data.dataSource,
        ...(gated && options.acceptEula === true ? { modelAccessConfig: { acceptEula: true } } : {}),
        ...(locked?.hubContentArn === undefined ? {} : { hubAccessConfig: { hubContentArn: locked.hubContentArn } }),
      },
      grantRead: data.grantRead,
    };
  };
  return { bind };
}

function artifactOf(options: JumpStartModelOptions, locked?: LockedArtifact): LockedArtifact | undefined {
  if (options.artifactKey === undefined) return locked;
  return { bucketPrefix: options.gated === true ? GATED_BUCKET : OPEN_BUCKET, key: options.artifactKey };
}
