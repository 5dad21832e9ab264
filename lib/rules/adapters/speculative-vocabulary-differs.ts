import { isVllm, serverName } from '../helpers/engine';
import { count, found } from '../helpers/finding';
import { LLAMA_8B, LLAMA2_7B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object | undefined, method = 'draft', version = '0.24.0') => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
  speculative: { method, model: 'small', tokens: 4, ...(config === undefined ? {} : { config }) },
});

export const speculativeVocabularyDiffers: Rule = {
  id: 'SPECULATIVE_VOCABULARY_DIFFERS',
  severity: 'error',
  summary: 'a draft model has the vocabulary of the model it guesses for',
  explanation:
    'A draft model proposes tokens by their numbers, and the model checks them by the same numbers. vLLM compares the two vocabularies and refuses others: "Target and draft model should have the same vocabulary size". Draft models are found within the family of the model.',
  source:
    'vllm/config/speculative.py, `verify_equal_vocab_size_if_draft_model`; vllm/spec_decode/spec_decode_worker.py before 0.10',
  examples: {
    passes: [example(LLAMA_8B), example(undefined), example(LLAMA2_7B, 'eagle'), example({})],
    fails: [example(LLAMA2_7B), example(LLAMA2_7B, 'draft_model'), example(LLAMA2_7B, 'draft', '0.9.2')],
  },
  evaluate(context) {
    const { model, spec } = context;
    const { speculative } = spec;
    if (speculative?.config === undefined || model === undefined || !isVllm(context)) return [];
    if (speculative.method !== 'draft' && speculative.method !== 'draft_model') return [];
    const size = speculative.config.vocab_size;
    if (typeof size !== 'number' || size === model.vocabSize) return [];
    return [
      found({
        what: `${serverName(context)} takes no draft model with another vocabulary than that of the model`,
        got: `vocab_size ${count(size)}`,
        allowed: count(model.vocabSize),
        fix: 'use a smaller model of the same family, or set speculative.method to ngram',
        path: '/speculative/config',
      }),
    ];
  },
};
