import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (rest: object) => ({
  model: { id: 'org/model', config: LLAMA_8B },
  container: { family: 'vllm' },
  ...rest,
});

/** Variables that hold a secret. */
const SECRETS = ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN', 'HUGGINGFACE_HUB_TOKEN', 'OPTION_HF_TOKEN', 'SM_VLLM_HF_TOKEN'];

/** A reference that is resolved when the stack is deployed, or that has no value yet, is no secret. */
const REFERENCE = /\{\{resolve:|\$\{/;

export const hubTokenInPlainText: Rule = {
  id: 'HUB_TOKEN_IN_PLAIN_TEXT',
  severity: 'warning',
  summary: 'a hub token is kept in a secret',
  explanation:
    "A token in the environment is written into the template, shown by DescribeModel to whoever may read the model, and kept in the stack's history. Reading it from Secrets Manager, or serving the weights from S3 so that no token is needed, keeps it out of all three. The endpoint works either way, so that this is a warning: one to be acknowledged, not to be lived with.",
  source: 'philschmid/sagemaker-huggingface-llama-2-samples#19; huggingface/text-generation-inference#479',
  examples: {
    passes: [
      example({ endpoint: { hubToken: 'secret' } }),
      example({ environment: { HF_TOKEN: '{{resolve:secretsmanager:hub}}' } }),
      example({ environment: { HF_TOKEN: '' } }),
    ],
    fails: [example({ endpoint: { hubToken: 'plaintext' } }), example({ environment: { HF_TOKEN: 'hf_abcdefgh' } })],
  },
  evaluate({ spec }) {
    const variable = SECRETS.find((name) => {
      const value = spec.environment?.[name];
      return value !== undefined && value !== '' && !REFERENCE.test(value);
    });
    const path =
      variable !== undefined
        ? `/environment/${variable}`
        : spec.endpoint?.hubToken === 'plaintext'
          ? '/endpoint/hubToken'
          : undefined;
    if (path === undefined) return [];
    return [
      found({
        what: 'a hub token in plain text ends up in the template and in what DescribeModel shows',
        got: variable ?? 'hubToken plaintext',
        allowed: 'a token from Secrets Manager',
        fix: 'take the token from a secret, or copy the weights to S3 so that no token is needed',
        path,
      }),
    ];
  },
};
