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

const example = (config: object, options: object) => ({
  model: { config },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp' },
  options: { maxModelLen: 2048, slots: 1, ...options },
});

export const kvTypesDifferWithMla: Rule = {
  id: 'KV_TYPES_DIFFER_WITH_MLA',
  severity: 'warning',
  summary: 'a latent KV cache (MLA) has one type for keys and values',
  explanation:
    'A model with multi-head latent attention (DeepSeek V2 and V3, Kimi K2) keeps one latent vector for keys and values. Builds of llama.cpp since the autumn of 2026 refuse two types: "model does not support different K and V cache types". Older ones take the type of the keys for both.',
  source: 'llama.cpp src/llama-context.cpp, llama_init_from_model (in llama-cpp-python 0.3.35, not in 0.3.33)',
  examples: {
    passes: [
      example(MLA, { kvTypeK: 'q8_0', kvTypeV: 'q8_0' }),
      example(MLA, {}),
      example(LLAMA_8B, { kvTypeK: 'q8_0' }),
    ],
    fails: [example(MLA, { kvTypeK: 'q8_0' })],
  },
  evaluate({ container, model, options }) {
    if (container?.engine !== 'llama.cpp' || model?.mla === undefined) return [];
    const { kvTypeK, kvTypeV } = options;
    if (kvTypeK.toLowerCase() === kvTypeV.toLowerCase()) return [];
    return [
      found({
        what: `${model.architecture} has one latent cache for keys and values, and newer builds of llama.cpp refuse two types`,
        got: `kvTypeK ${kvTypeK}, kvTypeV ${kvTypeV}`,
        allowed: 'the same type for both',
        fix: `set kvTypeV to ${kvTypeK.toLowerCase()}`,
        path: '/options/kvTypeV',
      }),
    ];
  },
};
