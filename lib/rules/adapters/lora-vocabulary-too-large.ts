import { isVllm, serverName } from '../helpers/engine';
import { count, found } from '../helpers/finding';
import { LLAMA2_7B, QWEN25_7B } from '../helpers/samples';
import { vllmHas } from '../helpers/vllm-models';
import type { Rule, RuleContext } from '../types';

const example = (vocab_size: number, version: string, config: object = LLAMA2_7B) => ({
  model: { config: { ...config, vocab_size } },
  container: { family: 'vllm', version },
  options: { maxModelLen: 2048, enableLora: true },
});

/** Source: vllm/lora/layers/logits_processor.py by version. */
function limitOf(context: RuleContext): number {
  if (isVllm(context, { before: '0.4.1' })) return 33_024;
  if (isVllm(context, { before: '0.5.5' })) return 128_512;
  return isVllm(context, { before: '0.17.0' }) ? 257_024 : 258_048;
}

export const loraVocabularyTooLarge: Rule = {
  id: 'LORA_VOCABULARY_TOO_LARGE',
  severity: 'error',
  summary: 'the vocabulary is within what the LoRA kernels of the head take',
  explanation:
    'Where adapters may change the output head (Llama, Mixtral, Phi-3, Granite, Nemotron; not Qwen2 or Gemma), its LoRA kernel is compiled for vocabularies up to a limit, which grew with the models: "When using LoRA, vocab size must be 32000 >= vocab_size <= 257024".',
  source: 'vllm/lora/layers/logits_processor.py by version; issue vllm-project/vllm#34773',
  holdsFor: '33,024: vLLM < 0.4.1; 128,512: < 0.5.5; 257,024: < 0.17; 258,048 since',
  server: { engine: 'vllm', since: '0.3.0' },
  examples: {
    passes: [
      example(258048, '0.17.0'),
      example(128256, '0.5.5'),
      example(152064, '0.5.4', QWEN25_7B),
      example(32000, '0.4.0'),
    ],
    fails: [example(258048, '0.15.1'), example(128256, '0.4.0'), example(131072, '0.5.4')],
  },
  evaluate(context) {
    const { container, model, options } = context;
    const version = container?.engineVersion;
    if (!options.enableLora || model === undefined || version === undefined) return [];
    if (vllmHas(model.architecture, 'loraHead', version) !== 'yes') return [];
    const limit = limitOf(context);
    if (model.vocabSize <= limit) return [];
    const newer = model.vocabSize <= 258_048 ? ', or use an image with vLLM 0.17 or newer' : '';
    return [
      found({
        what: `the vocabulary is larger than LoRA takes in ${serverName(context)}`,
        got: `vocab_size ${count(model.vocabSize)}`,
        allowed: `up to ${count(limit)}`,
        fix: `merge the adapter into the weights${newer}`,
        path: '/options/enableLora',
      }),
    ];
  },
};
