import type { ModelDescription } from '../../model/types';
import { degreeFix, tensorDegree } from '../helpers/degrees';
import { found } from '../helpers/finding';
import { isNeuron } from '../helpers/engine';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

/** Phi-3-medium has 10 KV heads. */
const TEN_KV_HEADS = { ...LLAMA_8B, num_attention_heads: 40, hidden_size: 5120, num_key_value_heads: 10 };

const example = (config: object, tensorParallelSize: number) => ({
  model: { config },
  container: { family: 'vllm' },
  options: { tensorParallelSize, maxModelLen: 4096 },
});

/** KV heads of every kind of layer that stores heads of its own. */
function kvHeadsOf(model: ModelDescription): readonly number[] {
  if (model.mla !== undefined) return [];
  const heads = model.kv
    .filter((group) => group.kind !== 'recurrent' && group.kind !== 'mla')
    .map((group) => group.kvHeads);
  return [...new Set(heads)].filter((count) => count > 0);
}

/** Cut evenly, or copied evenly where there are more ranks than heads. */
const fits = (heads: number, degree: number) => heads % degree === 0 || degree % heads === 0;

export const kvHeadsNotDivisible: Rule = {
  id: 'KV_HEADS_NOT_DIVISIBLE',
  severity: 'error',
  summary: 'tensor parallelism divides the KV heads, or is a multiple of them',
  explanation:
    'Each rank holds whole key/value heads. With at most as many ranks as heads they must divide evenly; with more, each head is copied to as many ranks, so the degree must be a multiple of the heads. Otherwise vLLM stops with a bare AssertionError in the attention layer.',
  source:
    'vllm/model_executor/models/llama.py, LlamaAttention: `assert self.total_num_kv_heads % tp_size == 0` or `assert tp_size % self.total_num_kv_heads == 0`',
  examples: {
    passes: [example(LLAMA_8B, 16), example(TEN_KV_HEADS, 5)],
    fails: [example(TEN_KV_HEADS, 4), example(TEN_KV_HEADS, 8)],
  },
  evaluate(context) {
    const { model } = context;
    const degree = tensorDegree(context);
    // Neuron turns grouped heads into one for each query head where they do not divide.
    if (model === undefined || degree <= 1 || isNeuron(context)) return [];
    const heads = kvHeadsOf(model);
    const failing = heads.find((count) => !fits(count, degree));
    // Where every query head has keys of its own, the rule on attention heads has said it.
    if (failing === undefined || failing === model.numAttentionHeads) return [];
    return [
      found({
        what: `${failing} KV heads are neither divisible by tensor parallel size ${degree} nor a divisor of it`,
        got: `num_key_value_heads ${failing} / ${degree}`,
        ...degreeFix(
          context,
          (other) => heads.every((count) => fits(count, other)) && model.numAttentionHeads % other === 0,
        ),
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
