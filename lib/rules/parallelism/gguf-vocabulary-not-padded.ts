import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA2_7B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (vocab_size: number, tensorParallelSize: number, version: string) => ({
  model: { config: { ...LLAMA2_7B, vocab_size } },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'vllm', version },
  options: { tensorParallelSize, maxModelLen: 2048 },
});

const PADDING = 64;

export const ggufVocabularyNotPadded: Rule = {
  id: 'GGUF_VOCABULARY_NOT_PADDED',
  severity: 'error',
  summary: 'a GGUF’s vocabulary is a multiple of 64 where an old vLLM cuts it',
  explanation:
    'Up to vLLM 0.6 the loader makes the embedding of a GGUF as large as the file says, while the layer expects it padded to a multiple of 64: with tensor parallelism the two do not meet, and loading stops with a size mismatch.',
  source:
    'vllm/model_executor/layers/vocab_parallel_embedding.py, `weight_loader` of 0.6.6 and 0.7.0; issue vllm-project/vllm#12230',
  holdsFor: 'vLLM < 0.7',
  server: { engine: 'vllm', before: '0.7.0' },
  examples: { passes: [example(32000, 2, '0.6.6'), example(32008, 2, '0.8.5')], fails: [example(32008, 2, '0.6.6')] },
  evaluate(context) {
    const { model, options, scheme } = context;
    if (scheme.layout !== 'gguf' || model === undefined || options.tensorParallelSize <= 1) return [];
    if (model.vocabSize % PADDING === 0) return [];
    return [
      found({
        what: `a GGUF with tensor parallelism needs a vocabulary that is a multiple of ${PADDING} in ${serverName(context)}`,
        got: `vocab_size ${model.vocabSize}, tensorParallelSize ${options.tensorParallelSize}`,
        allowed: `vocab_size divisible by ${PADDING}, or tensorParallelSize 1`,
        fix: 'set tensorParallelSize to 1, or use the llama-cpp container',
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
