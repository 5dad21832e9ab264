import { found } from '../helpers/finding';
import { isTarball } from '../helpers/model-source';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (id: string, modelData: string) => ({ model: { id, config: LLAMA_8B }, endpoint: { modelData } });

export const tarballAsPrefix: Rule = {
  id: 'TARBALL_AS_PREFIX',
  severity: 'error',
  summary: 'a tar.gz is given as a tarball, a folder as a prefix',
  explanation:
    'An S3 model is either one compressed tar.gz or a prefix of plain files, and the two are given in different ways: a tarball passed as a prefix is not unpacked and the container finds no config.json; a prefix passed as a tarball cannot be opened ("Could not find model data").',
  source: 'botocore sagemaker/2017-07-24, S3ModelDataSource CompressionType; awslabs/generative-ai-cdk-constructs#179',
  examples: {
    passes: [example('s3://bucket/model.tar.gz', 's3-tarball'), example('s3://bucket/model/', 's3-prefix')],
    fails: [example('s3://bucket/model.tar.gz', 's3-prefix'), example('s3://bucket/model/', 's3-tarball')],
  },
  evaluate({ spec }) {
    const { id } = spec.model;
    const from = spec.endpoint?.modelData;
    if (id === undefined || !id.startsWith('s3://')) return [];
    if (from === 's3-prefix' && isTarball(id))
      return [
        found({
          what: 'a tar.gz is one compressed file, not a prefix: SageMaker would not unpack it',
          got: id,
          allowed: 's3://bucket/path/',
          fix: 'set modelData to s3-tarball, or unpack it under a prefix, which starts faster',
          path: '/endpoint/modelData',
        }),
      ];
    if (from === 's3-tarball' && !isTarball(id))
      return [
        found({
          what: 'a tarball is one compressed file that ends in .tar.gz',
          got: id,
          allowed: 's3://bucket/path/model.tar.gz',
          fix: id.endsWith('/')
            ? 'set modelData to s3-prefix'
            : 'set modelData to s3-prefix and end the prefix with a slash',
          path: '/endpoint/modelData',
        }),
      ];
    return [];
  },
};
