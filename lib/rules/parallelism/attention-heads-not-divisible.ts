import { degreeFix, tensorDegree } from '../helpers/degrees';
import { found } from '../helpers/finding';
import { padsHeads } from '../helpers/heads';
import { LLAMA_70B, LLAMA_8B, QWEN25_7B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, tensorParallelSize: number) => ({
  model: { config },
  container: { family: 'vllm' },
  options: { tensorParallelSize, maxModelLen: 4096 },
});

export const attentionHeadsNotDivisible: Rule = {
  id: 'ATTENTION_HEADS_NOT_DIVISIBLE',
  severity: 'error',
  summary: 'tensor parallelism divides the attention heads',
  explanation:
    'Tensor parallelism gives each GPU whole attention heads. vLLM checks it before anything is loaded: "Total number of attention heads (52) must be divisible by tensor parallel size (8)". Other servers on GPUs have the same limit; on Neuron, transformers-neuronx and optimum-neuron pad the heads instead, so that 64 heads run on the 24 cores of ml.inf2.48xlarge.',
  source:
    'vllm/config/model.py, `verify_with_parallel_config`; issues vllm-project/vllm#2652, #414, #7716; transformers-neuronx utils.py, `get_qkv_padding`; optimum-neuron optimum/neuron/vllm/platform.py',
  examples: {
    passes: [
      example(LLAMA_8B, 4),
      example(QWEN25_7B, 4),
      { ...example(LLAMA_70B, 24), container: { family: 'hf-vllm-neuron' } },
      { ...example(LLAMA_70B, 24), container: { family: 'lmi-neuron' } },
    ],
    fails: [
      example(LLAMA_8B, 3),
      example(QWEN25_7B, 8),
      { ...example(LLAMA_70B, 24), container: { family: 'vllm-neuron' } },
    ],
  },
  evaluate(context) {
    const { model } = context;
    const degree = tensorDegree(context);
    if (model === undefined || model.numAttentionHeads <= 0 || degree <= 1 || model.numAttentionHeads % degree === 0)
      return [];
    if (padsHeads(context)) return [];
    const heads = model.numAttentionHeads;
    return [
      found({
        what: `${heads} attention heads are not divisible by tensor parallel size ${degree}`,
        got: `num_attention_heads ${heads} / ${degree}`,
        ...degreeFix(context, () => true),
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
