import * as path from 'node:path';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { parseGgufPartName } from '../../../lib/format/gguf/split';
import { lockKey } from '../../../lib/lock';
import type { Finding } from '../../../lib/rules/types';
import type { BoundModel, ModelBinder } from './bound-model';
import { configUnknown, knownOf, lockFileOf } from './knowledge';
import type { S3ModelOptions } from './options';

/** Where SageMaker puts a model's files. */
export const MODEL_DIRECTORY = '/opt/ml/model';

const ARCHIVE = /\.(tar\.gz|tgz)$/;

/** An uncompressed checkpoint: all objects below a prefix. */
export function s3Prefix(bucket: IBucket, prefix: string, options: S3ModelOptions): ModelBinder {
  const folder = asFolder(prefix);
  return {
    bind: (scope, pick) => {
      const description = describe(scope, bucket, folder, options);
      const only = pick?.(description.spec, 's3-prefix');
      const data = only === undefined ? prefixData(bucket, folder) : filesData(bucket, folder, only);
      return { ...data, ...description, modelData: 's3-prefix' };
    },
  };
}

/** Some of the files below a prefix: one alone where one is all, else what lies in the folder that holds them. */
function filesData(bucket: IBucket, prefix: string, files: readonly string[]) {
  if (files.length === 1 && parseGgufPartName(files[0]) === undefined)
    return {
      ...objectData(bucket, prefix + files[0]),
      containerPath: (file: string) => `${MODEL_DIRECTORY}/${path.posix.basename(file)}`,
    };
  const folders = files.map((file) => path.posix.dirname(file));
  const folder = folders.every((other) => other === folders[0]) && folders[0] !== '.' ? `${folders[0]}/` : '';
  return {
    ...prefixData(bucket, prefix + folder),
    containerPath: (file: string) => `${MODEL_DIRECTORY}/${file.slice(folder.length)}`,
  };
}

/** One object: a `.tar.gz` that SageMaker unpacks, or a file that is the whole model, such as a GGUF. */
export function s3Object(bucket: IBucket, key: string, options: S3ModelOptions): ModelBinder {
  const name = path.posix.basename(key);
  return {
    bind: (scope, pick) => {
      const description = describe(scope, bucket, key, options);
      const modelData = ARCHIVE.test(key) ? 's3-tarball' : 's3-prefix';
      pick?.(description.spec, modelData);
      const containerPath = (file: string) => `${MODEL_DIRECTORY}/${file}`;
      return { ...objectData(bucket, key), ...description, modelData, containerPath };
    },
    ggufFiles: () => (name.endsWith('.gguf') ? [{ path: name, weightBytes: options.weightSize?.toBytes() }] : []),
  };
}

/** How SageMaker and the role see the objects below a prefix. */
export function prefixData(bucket: IBucket, prefix: string): Required<Pick<BoundModel, 'dataSource' | 'grantRead'>> {
  return {
    dataSource: { s3Uri: bucket.s3UrlForObject(prefix), s3DataType: 'S3Prefix', compressionType: 'None' },
    grantRead(grantee, argue) {
      const objects = bucket.arnForObjects(`${prefix}*`);
      argue(objects, 'A checkpoint is every object below its prefix; nothing else in the bucket can be read.');
      return [
        grant(bucket, grantee, ['s3:GetObject'], objects),
        // `bucket.grantRead` would let the role list, and read the configuration of, the whole bucket.
        grant(bucket, grantee, ['s3:ListBucket'], bucket.bucketArn, {
          StringLike: { 's3:prefix': [prefix, `${prefix}*`] },
        }),
        ...decrypt(bucket, grantee),
      ];
    },
  };
}

/** How SageMaker and the role see one object. */
export function objectData(bucket: IBucket, key: string): Required<Pick<BoundModel, 'dataSource' | 'grantRead'>> {
  return {
    dataSource: {
      s3Uri: bucket.s3UrlForObject(key),
      s3DataType: 'S3Object',
      compressionType: ARCHIVE.test(key) ? 'Gzip' : 'None',
    },
    grantRead(grantee) {
      return [grant(bucket, grantee, ['s3:GetObject'], bucket.arnForObjects(key)), ...decrypt(bucket, grantee)];
    },
  };
}

/**
 * SageMaker takes a prefix without its final slash for the beginning of a name, and refuses it. An archive is left
 * for the rules to refuse.
 */
function asFolder(prefix: string): string {
  return prefix === '' || prefix.endsWith('/') || ARCHIVE.test(prefix) ? prefix : `${prefix}/`;
}

function describe(scope: Construct, bucket: IBucket, key: string, options: S3ModelOptions) {
  const isKnown = !Token.isUnresolved(bucket.bucketName);
  const id = `s3://${isKnown ? bucket.bucketName : `\${${bucket.node.id}}`}/${key}`;
  const known = knownOf(options, isKnown ? lockFileOf(scope).models[lockKey('s3', id)] : undefined);
  const name = options.modelName ?? id;
  const add = isKnown ? `run \`qe models add ${id}\` and commit quantized-endpoints.lock.json, or ` : '';
  const findings: Finding[] =
    known.config === undefined ? [configUnknown(name, `${add}give config or configPath`)] : [];
  // To the spec, a single file is what its folder holds; the role is given the file alone.
  const isFile = !ARCHIVE.test(key) && !key.endsWith('/') && key !== '';
  return { name, spec: { id: isFile ? id.slice(0, id.lastIndexOf('/') + 1) : id, ...known }, findings };
}

function grant(
  bucket: IBucket,
  grantee: IGrantable,
  actions: string[],
  resourceArn: string,
  conditions?: Record<string, Record<string, unknown>>,
): Grant {
  return Grant.addToPrincipalOrResource({
    grantee,
    actions,
    resourceArns: [resourceArn],
    resource: bucket,
    conditions,
  });
}

function decrypt(bucket: IBucket, grantee: IGrantable): Grant[] {
  return bucket.encryptionKey === undefined ? [] : [bucket.encryptionKey.grantDecrypt(grantee)];
}
