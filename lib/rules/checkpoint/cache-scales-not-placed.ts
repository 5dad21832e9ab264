import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { quantized, type Json } from '../helpers/samples';
import type { Rule } from '../types';

/** MiniMaxAI/MiniMax-M2.5, as if it were not quantized */
const MINIMAX_M25: Json = {
  architectures: ['MiniMaxM2ForCausalLM'],
  model_type: 'minimax_m2',
  hidden_size: 3072,
  intermediate_size: 1536,
  num_attention_heads: 48,
  num_hidden_layers: 62,
  num_key_value_heads: 8,
  head_dim: 128,
  num_local_experts: 256,
  num_experts_per_tok: 8,
  vocab_size: 200064,
  max_position_embeddings: 196608,
};

const FP8_CACHE: Json = { num_bits: 8, type: 'float', dynamic: false };
const NVFP4: Json = { quant_method: 'modelopt', quant_algo: 'NVFP4', kv_cache_scheme: FP8_CACHE };

const example = (quantization: Json, version: string) => ({
  model: { config: quantized(MINIMAX_M25, quantization) },
  container: { family: 'vllm', version },
  instanceType: 'ml.p6-b200.48xlarge',
  options: { maxModelLen: 4096, tensorParallelSize: 4 },
});

/** Is the cache FP8 by what a checkpoint of ModelOpt says, which then names a scale for every projection? */
function bringsCacheScales(raw: Readonly<Record<string, unknown>>): boolean {
  const scheme = raw.kv_cache_scheme as { num_bits?: unknown } | null | undefined;
  const { kv_cache_quant_algo: algorithm } = (raw.quantization ?? raw) as { kv_cache_quant_algo?: unknown };
  return scheme?.num_bits === 8 || algorithm === 'FP8';
}

export const cacheScalesNotPlaced: Rule = {
  id: 'CACHE_SCALES_NOT_PLACED',
  severity: 'warning',
  summary: 'the version finds the place of the cache scales that a checkpoint of ModelOpt brings',
  explanation:
    'ModelOpt writes the scales of an FP8 KV cache beside the projections (`k_proj.k_scale`). vLLM before 0.19 renames the projection of MiniMax-M2 first and looks for the scale there: "KeyError: \'layers.0.self_attn.qkv_proj.k_scale\'". A checkpoint whose scales were left out loads, and its config does not tell which it is.',
  source: 'vllm/model_executor/models/minimax_m2.py of 0.11.1 to 0.20, `load_weights`; vllm-project/vllm#38303, #37214',
  holdsFor: 'vLLM 0.11.1 to 0.18, MiniMax-M2',
  server: { engine: 'vllm', since: '0.11.1', before: '0.19.0' },
  examples: {
    passes: [
      example(NVFP4, '0.19.0'),
      example({ ...NVFP4, kv_cache_scheme: null }, '0.18.0'),
      example({ quant_method: 'fp8', weight_block_size: [128, 128], activation_scheme: 'dynamic' }, '0.18.0'),
    ],
    fails: [
      example(NVFP4, '0.18.0'),
      example({ ...NVFP4, kv_cache_scheme: undefined, kv_cache_quant_algo: 'FP8' }, '0.16.0'),
    ],
  },
  evaluate(context) {
    const { model } = context;
    const quantization = model?.quantization;
    if (model?.architecture !== 'MiniMaxM2ForCausalLM' || !quantization?.method.startsWith('modelopt')) return [];
    if (!bringsCacheScales(quantization.raw)) return [];
    return [
      found({
        what: `${serverName(context)} does not find the place of the KV cache scales that a checkpoint of ModelOpt brings for ${model.architecture}, and stops at the first of them`,
        got: 'an FP8 cache in the quantization of the checkpoint',
        allowed: 'vLLM 0.19 or newer, or a checkpoint without cache scales',
        fix: 'use an image with vLLM 0.19 or newer',
        path: '/container/version',
      }),
    ];
  },
};
