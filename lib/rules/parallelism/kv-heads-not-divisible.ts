import { degreeFix, tensorDegree } from '../helpers/degrees';
import { found } from '../helpers/finding';
import { kvHeadCounts, kvHeadsFit } from '../helpers/heads';
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
    // A degree that does not divide the query heads has a finding already.
    if (model.numAttentionHeads > 0 && model.numAttentionHeads % degree !== 0) return [];
    const failing = kvHeadCounts(model).find((count) => !kvHeadsFit(count, degree));
    if (failing === undefined) return [];
    return [
      found({
        what: `${failing} KV heads are neither divisible by tensor parallel size ${degree} nor a divisor of it`,
        got: `num_key_value_heads ${failing} / ${degree}`,
        ...degreeFix(context, () => true),
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
