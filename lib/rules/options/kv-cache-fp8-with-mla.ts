import { smOf } from '../helpers/accelerator';
import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const DEEPSEEK_LITE = {
  architectures: ['DeepseekV2ForCausalLM'],
  model_type: 'deepseek_v2',
  hidden_size: 2048,
  intermediate_size: 10944,
  moe_intermediate_size: 1408,
  num_attention_heads: 16,
  num_key_value_heads: 16,
  num_hidden_layers: 27,
  n_routed_experts: 64,
  n_shared_experts: 2,
  num_experts_per_tok: 6,
  first_k_dense_replace: 1,
  kv_lora_rank: 512,
  q_lora_rank: null,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
  vocab_size: 102400,
  max_position_embeddings: 163840,
  torch_dtype: 'bfloat16',
};

const example = (config: object, version: string) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, kvCacheDtype: 'fp8' },
});

export const kvCacheFp8WithMla: Rule = {
  id: 'KV_CACHE_FP8_WITH_MLA',
  severity: 'error',
  summary: 'a latent KV cache (MLA) is in 16 bit on versions whose kernels read no other',
  explanation:
    'DeepSeek’s multi-head latent attention has kernels of its own. Up to vLLM 0.10.1 those for Hopper and older read no FP8 cache: "FlashMLA with FP8 KV cache not yet supported", "TritonMLA with FP8 KV cache not yet supported".',
  source: 'vllm/v1/attention/backends/mla/{flashmla,triton_mla}.py by version',
  holdsFor: 'vLLM 0.7.1 to 0.10.1, below compute capability 10.0',
  server: { engine: 'vllm', since: '0.7.1', before: '0.10.2' },
  examples: {
    passes: [example(LLAMA_8B, '0.9.2'), example(DEEPSEEK_LITE, '0.12.0')],
    fails: [example(DEEPSEEK_LITE, '0.9.2')],
  },
  evaluate(context) {
    const { model, options } = context;
    if (model?.mla === undefined || !options.kvCacheDtype.startsWith('fp8') || (smOf(context) ?? 90) >= 100) return [];
    return [
      found({
        what: `${serverName(context)} has no MLA kernel that reads a KV cache in FP8`,
        got: `kvCacheDtype ${options.kvCacheDtype}`,
        allowed: 'auto',
        fix: 'leave kvCacheDtype at auto, or use an image with vLLM 0.10.2 or newer',
        path: '/options/kvCacheDtype',
      }),
    ];
  },
};
