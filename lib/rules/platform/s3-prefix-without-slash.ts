import { found } from '../helpers/finding';
import { modelFrom } from '../helpers/model-source';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (id: string, modelData?: string, family?: string) => ({
  model: { id, config: LLAMA_8B },
  ...(family === undefined ? {} : { container: { family } }),
  endpoint: { modelData },
});

export const s3PrefixWithoutSlash: Rule = {
  id: 'S3_PREFIX_WITHOUT_SLASH',
  severity: 'error',
  summary: 'an S3 prefix ends with a slash',
  explanation:
    'An uncompressed model is given as a ModelDataSource with S3DataType S3Prefix, and the prefix has to end with a slash; without it SageMaker refuses the model, or would match other keys that begin alike. An address that LMI is given as its model (option.model_id) it fetches itself, and takes with or without the slash.',
  source:
    'SageMaker docs, large-model-inference-uncompressed; botocore sagemaker/2017-07-24, S3ModelDataSource; djl-serving wlm/src/main/java/ai/djl/serving/wlm/ModelInfo.java, `downloadS3`; tests/integration/llm/prepare.py, s3://djl-llm/gpt-neox-20b',
  examples: {
    passes: [
      example('s3://bucket/models/llama/'),
      example('s3://bucket/model.tar.gz', 's3-tarball'),
      example('s3://bucket/models/llama', undefined, 'lmi'),
    ],
    fails: [
      example('s3://bucket/models/llama'),
      example('s3://bucket/models/llama', 's3-prefix'),
      example('s3://bucket/models/llama', 's3-prefix', 'lmi'),
    ],
  },
  evaluate({ spec, container }) {
    const { id } = spec.model;
    if (id === undefined || !id.startsWith('s3://') || id.endsWith('/') || modelFrom(spec) !== 's3-prefix') return [];
    if (spec.endpoint?.modelData === undefined && container?.environmentPrefix === 'OPTION_') return [];
    if (/\.(tar\.gz|tgz|tar)$/i.test(id)) return [];
    const isFile = /\.(gguf|safetensors|bin|pt|json)$/i.test(id);
    return [
      found({
        what: isFile
          ? 'an S3 prefix is the folder of the model and ends with a slash, not one of its files'
          : 'an S3 prefix ends with a slash',
        got: id,
        allowed: 's3://bucket/path/',
        fix: `use ${isFile ? id.slice(0, id.lastIndexOf('/') + 1) : `${id}/`}`,
        path: '/model/id',
      }),
    ];
  },
};
