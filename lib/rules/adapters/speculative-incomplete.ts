import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import { speculationOf } from '../helpers/speculation';
import type { Rule } from '../types';

const example = (speculative: object) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', version: '0.9.2' },
  options: { maxModelLen: 4096 },
  speculative,
});

/** Methods that guess from the text itself, or with layers that the model brings. */
const WITHOUT_MODEL = /^(ngram|suffix|mtp|.*_mtp)$/;

export const speculativeIncomplete: Rule = {
  id: 'SPECULATIVE_INCOMPLETE',
  severity: 'error',
  summary: 'speculative decoding has its draft model and its number of tokens',
  explanation:
    'A draft model, EAGLE or Medusa needs a model of its own, and every method but multi-token prediction a number of tokens to guess: "num_speculative_tokens must be provided with speculative model unless the draft model config contains an n_predict parameter", "num_speculative_tokens was provided without speculative model".',
  source: 'vllm/config/speculative.py, `__post_init__`',
  examples: {
    passes: [
      example({ method: 'draft', model: 'small', tokens: 4 }),
      example({ method: 'ngram', tokens: 4 }),
      example({ method: 'suffix' }),
      example({ method: 'mtp' }),
      example({ method: 'deepseek_mtp' }),
      example({ method: 'mlp_speculator', model: 'head' }),
    ],
    fails: [
      example({ method: 'eagle', tokens: 4 }),
      example({ method: 'draft', model: 'small' }),
      example({ method: 'ngram' }),
      example({ method: 'mlp_speculator' }),
      example({ model: 'small' }),
      example({ tokens: 4 }),
      { ...example({}), speculative: undefined, environment: { SM_VLLM_SPECULATIVE_CONFIG: '{"method":"ngram"}' } },
      {
        ...example({}),
        speculative: undefined,
        environment: { SM_VLLM_SPECULATIVE_CONFIG: '{"method":"eagle","num_speculative_tokens":3}' },
      },
    ],
  },
  evaluate(context) {
    const speculation = speculationOf(context);
    if (speculation === undefined || !isVllm(context)) return [];
    const { method, model, tokens, path } = speculation;
    const isSection = path === '/speculative';
    const needsModel = method === undefined || !WITHOUT_MODEL.test(method);
    const needsTokens = method === undefined || !/mtp$|^suffix$|^mlp_speculator$/.test(method);
    if (needsModel && model === undefined)
      return [
        found({
          what: `speculative decoding${method === undefined ? '' : ` by ${method}`} needs a model that guesses in ${serverName(context)}`,
          got: isSection ? 'no speculative.model' : 'no model',
          allowed: 'a draft model with the same vocabulary',
          fix: isSection
            ? 'set speculative.model, or speculative.method to ngram'
            : 'add the draft as its model, or take the method ngram',
          path: isSection ? '/speculative/model' : path,
        }),
      ];
    if (!needsTokens || tokens !== undefined) return [];
    return [
      found({
        what: `speculative decoding needs the number of tokens to guess (num_speculative_tokens) in ${serverName(context)}`,
        got: isSection ? 'no speculative.tokens' : 'no num_speculative_tokens',
        allowed: '1 or more',
        fix: isSection ? 'set speculative.tokens to 3 to 5' : 'set num_speculative_tokens to 3 to 5',
        path: isSection ? '/speculative/tokens' : path,
      }),
    ];
  },
};
