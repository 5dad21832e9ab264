import { serverName } from '../helpers/engine';
import { vocabularyNamed } from '../helpers/draft-vocabulary';
import { count, found } from '../helpers/finding';
import { LLAMA_8B, LLAMA2_7B } from '../helpers/samples';
import { isDraftModel, speculationOf } from '../helpers/speculation';
import type { Rule } from '../types';

const example = (config: object | undefined, method = 'draft', version = '0.24.0') => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
  speculative: { method, model: 'small', tokens: 4, ...(config === undefined ? {} : { config }) },
});

const named = (config: string, version = '0.30.0') => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096 },
  environment: { SM_VLLM_SPECULATIVE_CONFIG: `{"num_speculative_tokens":4,${config}}` },
});

export const speculativeVocabularyDiffers: Rule = {
  id: 'SPECULATIVE_VOCABULARY_DIFFERS',
  severity: 'error',
  summary: 'a draft model has the vocabulary of the model it guesses for',
  explanation:
    'A draft model proposes tokens by their numbers, and the model checks them by the same numbers. vLLM compares the two vocabularies and refuses others: "Target and draft model should have the same vocabulary size". Draft models are found within the family of the model. Newer versions map one vocabulary to the other where `use_heterogeneous_vocab` is set. The vocabulary of a draft model is known from its config, or from its name where it is a well-known checkpoint.',
  source:
    'vllm/config/speculative.py, `verify_equal_vocab_size_if_draft_model`; vllm/spec_decode/spec_decode_worker.py before 0.10; issue vllm-project/vllm#5203',
  server: { engine: 'vllm' },
  examples: {
    passes: [
      example(LLAMA_8B),
      example(undefined),
      example(LLAMA2_7B, 'eagle'),
      example({}),
      named('"model":"meta-llama/Llama-3.2-1B-Instruct"'),
      named('"model":"TinyLlama/TinyLlama-1.1B-Chat-v1.0","use_heterogeneous_vocab":true'),
    ],
    fails: [
      example(LLAMA2_7B),
      named('"model":"Qwen/Qwen2.5-0.5B-Instruct-GPTQ-Int4"'),
      example(LLAMA2_7B, 'draft_model'),
      example(LLAMA2_7B, 'draft', '0.9.2'),
      named('"model":"TinyLlama/TinyLlama-1.1B-Chat-v1.0"'),
      named('"method":"draft_model","model":"mistralai/Mistral-7B-v0.1"'),
    ],
  },
  evaluate(context) {
    const { model } = context;
    if (model === undefined) return [];
    const speculation = speculationOf(context);
    if (speculation === undefined || !isDraftModel(speculation)) return [];
    const size = speculation.config === undefined ? vocabularyNamed(speculation.model) : speculation.config.vocab_size;
    if (typeof size !== 'number' || size === model.vocabSize || speculation.allowsOtherVocabulary) return [];
    const isOwn = context.spec.speculative?.config !== undefined;
    return [
      found({
        what: `${serverName(context)} takes no draft model with another vocabulary than that of the model`,
        got: `vocab_size ${count(size)}`,
        allowed: count(model.vocabSize),
        fix: 'use a smaller model of the same family, or set speculative.method to ngram',
        path: isOwn ? '/speculative/config' : speculation.path,
      }),
    ];
  },
};
