import { limitOf } from '../../container';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (id: string, modelData: string) => ({ model: { id, config: LLAMA_8B }, endpoint: { modelData } });

/** Bucket names, source: S3 docs, bucketnamingrules; a token that stands for a name is taken as it is. */
const S3_URI = /^s3:\/\/(?:[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]|\$\{[^}]+\})(?:\/.*)?$/;

/** `organization/name`, which may stand for the model whose files lie in S3. */
const HUB_ID = /^[\w.-]+\/[\w.-]+$/;

export const s3UriInvalid: Rule = {
  id: 'S3_URI_INVALID',
  severity: 'error',
  summary: 'a model in S3 is given by an S3 URI',
  explanation:
    'modelData says that SageMaker gets the model from S3, so the model id has to be an S3 URI of at most 1024 characters with a valid bucket name; anything else fails at CreateModel. A hub id there says which model it is, and not where: the URI has still to be given.',
  source: 'botocore sagemaker/2017-07-24, S3ModelUri; S3 docs, bucket naming rules',
  needs: ['endpoint'],
  examples: {
    passes: [example('s3://bucket/model/', 's3-prefix'), example('/opt/ml/model', 's3-prefix')],
    fails: [
      example('meta-llama/Llama-3.1-8B', 's3-prefix'),
      example('https://bucket.s3.amazonaws.com/model/', 's3-prefix'),
      example('s3://My_Bucket/model/', 's3-prefix'),
      example('s3://bucket/model/', 'hub'),
    ],
  },
  evaluate({ spec }) {
    const { id } = spec.model;
    const from = spec.endpoint?.modelData;
    if (id === undefined || from === undefined || id.startsWith('/') || id.startsWith('.')) return [];
    const fromS3 = from === 's3-prefix' || from === 's3-tarball';
    if (from === 'hub' && id.startsWith('s3://'))
      return [
        found({
          what: 'the hub has no model of that name: it is an S3 URI',
          got: id,
          fix: 'set modelData to s3-prefix',
          path: '/endpoint/modelData',
        }),
      ];
    const [, most] = limitOf('S3UriLength');
    const isHubId = HUB_ID.test(id);
    if (!fromS3 || (S3_URI.test(id) && id.length <= most)) return [];
    return [
      found({
        what: `modelData ${from} needs an S3 URI of at most ${most} characters`,
        got: id.slice(0, 120),
        allowed: 's3://bucket/path/',
        fix: 'give the S3 URI of the model, or set modelData to hub',
        path: '/model/id',
        severity: isHubId ? 'warning' : 'error',
      }),
    ];
  },
};
