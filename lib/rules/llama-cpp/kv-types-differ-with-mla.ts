import { llamaCppHas } from '../../container';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const MLA = {
  ...LLAMA_8B,
  architectures: ['DeepseekV2ForCausalLM'],
  model_type: 'deepseek_v2',
  num_key_value_heads: 32,
  rope_scaling: undefined,
  q_lora_rank: null,
  kv_lora_rank: 512,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
  moe_intermediate_size: 1408,
  n_routed_experts: 64,
  n_shared_experts: 2,
  num_experts_per_tok: 6,
  first_k_dense_replace: 1,
};

const example = (config: object, options: object, version?: string) => ({
  model: { config },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp', ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 2048, slots: 1, ...options },
});

export const kvTypesDifferWithMla: Rule = {
  id: 'KV_TYPES_DIFFER_WITH_MLA',
  severity: 'error',
  summary: 'a latent KV cache (MLA) has one type for keys and values',
  explanation:
    'A model with multi-head latent attention (DeepSeek V2 and V3, Kimi K2) keeps one latent vector for keys and values. Builds of llama.cpp from b10361 on, which the images of AWS are, refuse two types: "model does not support different K (q8_0) and V (f16) cache types". Up to b10068 the type of the keys is taken for both.',
  source: 'llama.cpp src/llama-context.cpp, llama_init_from_model, of b10068 and b10361',
  holdsFor: 'llama.cpp from b10361 on',
  examples: {
    passes: [
      example(MLA, { kvTypeK: 'q8_0', kvTypeV: 'q8_0' }),
      example(MLA, {}),
      example(LLAMA_8B, { kvTypeK: 'q8_0' }),
      example(MLA, { kvTypeK: 'q8_0' }, 'b9842'),
    ],
    fails: [example(MLA, { kvTypeK: 'q8_0' }), example(MLA, { kvTypeV: 'q4_0' }, '1.0.0')],
  },
  evaluate({ container, model, options }) {
    if (container?.engine !== 'llama.cpp' || model?.mla === undefined) return [];
    const { kvTypeK, kvTypeV } = options;
    const refuses = llamaCppHas(container, 'oneTypeForLatentCache');
    if (kvTypeK.toLowerCase() === kvTypeV.toLowerCase() || refuses === false) return [];
    return [
      found({
        what: `${model.architecture} has one latent cache for keys and values, for which llama.cpp takes one type`,
        got: `kvTypeK ${kvTypeK}, kvTypeV ${kvTypeV}`,
        allowed: 'the same type for both',
        fix: `set kvTypeV to ${kvTypeK.toLowerCase()}`,
        path: '/options/kvTypeV',
        severity: refuses === true ? 'error' : 'warning',
      }),
    ];
  },
};
