import { found } from '../helpers/finding';
import { modelFrom } from '../helpers/model-source';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (endpoint: object, rest: object = {}) => ({
  model: { id: 'meta-llama/Llama-3.1-8B', config: LLAMA_8B, gated: true },
  endpoint,
  ...rest,
});

/** Names under which a container finds a token. */
const TOKENS = ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN', 'HUGGINGFACE_HUB_TOKEN', 'SM_VLLM_HF_TOKEN', 'OPTION_HF_TOKEN'];

export const gatedModelWithoutAccess: Rule = {
  id: 'GATED_MODEL_WITHOUT_ACCESS',
  severity: 'error',
  summary: 'a gated model comes with a token or an accepted licence',
  explanation:
    'The hub answers 401 for a gated repository without a token of an account that accepted its licence, and JumpStart refuses a gated model at CreateModel unless ModelAccessConfig.AcceptEula is true. Whether the account accepted the licence can only be seen on the hub.',
  source: 'botocore sagemaker/2017-07-24, ModelAccessConfig AcceptEula; Hugging Face docs, gated models',
  examples: {
    passes: [
      example({ hubToken: 'secret' }),
      example({ modelData: 'jumpstart', acceptEula: true }),
      example({ modelData: 's3-prefix' }, { model: { id: 's3://bucket/llama/', config: LLAMA_8B, gated: true } }),
    ],
    fails: [example({}), example({ modelData: 'jumpstart' }), example({ modelData: 'jumpstart', acceptEula: false })],
  },
  evaluate({ spec }) {
    if (spec.model.gated !== true) return [];
    const from = modelFrom(spec);
    const { endpoint } = spec;
    if (from === 'jumpstart' || from === 'model-package') {
      if (endpoint?.acceptEula === true) return [];
      return [
        found({
          what: 'a gated model of JumpStart needs its licence (EULA) to be accepted',
          got: `acceptEula ${endpoint?.acceptEula ?? 'not set'}`,
          allowed: 'acceptEula true',
          fix: 'read the licence, then set acceptEula to true',
          path: '/endpoint/acceptEula',
        }),
      ];
    }
    const hasToken = endpoint?.hubToken !== undefined || TOKENS.some((name) => spec.environment?.[name]);
    if (hasToken || (from !== 'hub' && from !== undefined)) return [];
    return [
      found({
        what: 'a gated model of the hub needs a token of an account that accepted its licence',
        got: 'no hub token',
        allowed: 'hubToken secret',
        fix: 'give a hub token from a secret, or copy the weights to S3',
        path: '/endpoint/hubToken',
      }),
    ];
  },
};
