import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { AWQ, GPTQ, QWEN25_7B, quantized } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const CLASSIFIER = { ...QWEN25_7B, architectures: ['Qwen2ForSequenceClassification'] };

const example = (config: Readonly<Record<string, unknown>>, version: string, quantization = AWQ) => ({
  model: { config: quantized(config, quantization) },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, dtype: 'float16' },
});

/** Decoders with a head that scores. Encoders keep theirs in 16 bit. Source: vllm/model_executor/models/adapters.py, `as_seq_cls_model`; qwen2_rm.py. */
const SCORES = /^(Qwen2|Qwen3|Llama|Mistral|Gemma2?|Phi3)ForSequenceClassification$|^Qwen2For(Process)?RewardModel$/;
const WORD = 32;

/** Rows of the head: as many as the config has labels; two where it does not say, as in transformers. */
function labelsOf({ model }: RuleContext): number {
  const { num_labels: count, id2label: names } = model?.config ?? {};
  if (model?.architecture === 'Qwen2ForRewardModel') return 1;
  if (typeof count === 'number') return count;
  return typeof names === 'object' && names !== null ? Object.keys(names).length : 2;
}

export const classifierHeadNotPackable: Rule = {
  id: 'CLASSIFIER_HEAD_NOT_PACKABLE',
  severity: 'error',
  summary: 'the head of a quantized classifier fits the packing of its weights',
  explanation:
    'vLLM builds the head that scores with the quantization of the checkpoint. AWQ and GPTQ put eight 4-bit weights into a word, and a head has as many rows as there are labels, often one: "The output size is not aligned with the quantized weight shape." A classifier in FP8 or in 16 bit has no such words.',
  source:
    'vllm/model_executor/models/adapters.py, `as_seq_cls_model`, and layers/quantization/awq.py of 0.6.6 to 0.23.0; vllm-project/vllm#11671',
  holdsFor: 'vLLM 0.6.6 to 0.23',
  server: { engine: 'vllm', since: '0.6.6', before: '0.24.0' },
  examples: {
    passes: [
      example({ ...CLASSIFIER, num_labels: 8 }, '0.6.6'),
      example(QWEN25_7B, '0.6.6'),
      { ...example(CLASSIFIER, '0.6.6'), model: { config: CLASSIFIER } },
      example(CLASSIFIER, '0.24.0'),
    ],
    fails: [
      example({ ...CLASSIFIER, num_labels: 1 }, '0.6.6'),
      example(CLASSIFIER, '0.8.5', GPTQ),
      example({ ...CLASSIFIER, id2label: { 0: 'A', 1: 'B', 2: 'C' } }, '0.9.2'),
      example({ ...QWEN25_7B, architectures: ['Qwen2ForRewardModel'] }, '0.9.2'),
    ],
  },
  evaluate(context) {
    const { model, scheme } = context;
    if (scheme.layout !== 'awq' && scheme.layout !== 'gptq') return [];
    if (model === undefined || !SCORES.test(model.architecture)) return [];
    const labels = labelsOf(context);
    const packed = Math.floor(WORD / scheme.weightBits);
    if (labels % packed === 0) return [];
    return [
      found({
        what: `${serverName(context)} quantizes the head that scores, whose rows do not fill words of ${packed} ${scheme.layout} weights`,
        got: `${labels} label${labels === 1 ? '' : 's'} of ${model.architecture}`,
        allowed: `a multiple of ${packed} labels, or weights in fp8 or 16 bit`,
        fix: 'use a checkpoint in fp8 or 16 bit',
        path: '/model/config/quantization_config',
      }),
    ];
  },
};
