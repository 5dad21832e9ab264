import {
  AWQ,
  FP8_BLOCK,
  GPTQ,
  LLAMA2_7B,
  LLAMA_8B,
  MIXTRAL,
  QWEN3_MOE,
  quantized,
  type Json,
} from '../../lib/rules/helpers/samples';
import { alone } from './own-findings';

const endpoint = (config: Json, version: string, parts: object = {}) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 2048 },
  ...parts,
});

describe('FP8_BLOCKS_NEED_NEWER_SERVER', () => {
  const rule = 'FP8_BLOCKS_NEED_NEWER_SERVER';
  const blocks = quantized(LLAMA_8B, FP8_BLOCK);
  test('is of stored block scales in joined matrices, before vLLM 0.8.5', () => {
    expect(alone(rule, endpoint(blocks, '0.8.4'))).toMatchObject([{ fix: 'use an image with vLLM 0.8.5 or newer' }]);
    expect(alone(rule, endpoint(blocks, '0.8.5'))).toEqual([]);
    expect(alone(rule, endpoint(blocks, '0.8.4', { container: { family: 'sglang' } }))).toEqual([]);
    expect(alone(rule, endpoint(quantized(LLAMA_8B, { ...FP8_BLOCK, weight_block_size: undefined }), '0.8.4'))).toEqual(
      [],
    );
    expect(alone(rule, endpoint(quantized(LLAMA_8B, AWQ), '0.8.4'))).toEqual([]);
    expect(alone(rule, endpoint(LLAMA_8B, '0.8.4', { quantization: 'fp8-block' }))).toEqual([]);
    expect(alone(rule, { ...endpoint(blocks, '0.8.4'), model: { id: 'a/b' } })).toEqual([]);
  });
  test('is not of a latent attention, for which they were made', () => {
    const latent: Json = {
      ...{ architectures: ['DeepseekV3ForCausalLM'], model_type: 'deepseek_v3', hidden_size: 2048 },
      ...{ num_attention_heads: 16, num_key_value_heads: 16, num_hidden_layers: 27, vocab_size: 102_400 },
      ...{ kv_lora_rank: 512, qk_rope_head_dim: 64, qk_nope_head_dim: 128, v_head_dim: 128, q_lora_rank: 1536 },
      ...{ n_routed_experts: 64, n_shared_experts: 2, num_experts_per_tok: 6, moe_intermediate_size: 1408 },
      ...{ first_k_dense_replace: 1, max_position_embeddings: 163_840, intermediate_size: 10_944 },
    };
    expect(alone(rule, endpoint(quantized(latent, FP8_BLOCK), '0.8.4'))).toEqual([]);
  });
});

describe('EXPERTS_NOT_QUANTIZABLE', () => {
  const find = (config: Json, version: string) => alone('EXPERTS_NOT_QUANTIZABLE', endpoint(config, version)).length;
  const stored = (weights: Json, activations: Json | null, format: string): Json =>
    quantized(QWEN3_MOE, {
      ...{ quant_method: 'compressed-tensors', format, ignore: ['lm_head'] },
      config_groups: { group_0: { targets: ['Linear'], weights, input_activations: activations } },
    });
  const fp4: Json = { num_bits: 4, type: 'float', symmetric: true, strategy: 'tensor_group', group_size: 16 };

  test.each([
    ['NVFP4 with activations', stored(fp4, { ...fp4, dynamic: 'local' }, 'nvfp4-pack-quantized'), '0.9.1', '0.9.2'],
    ['NVFP4 of weights alone', stored(fp4, null, 'nvfp4-pack-quantized'), '0.10.2', '0.11.0'],
  ])('%s comes with its own version', (_, config, last, first) => {
    expect(find(config, last)).toBe(1);
    expect(find(config, first)).toBe(0);
  });

  test('gpt-oss takes bitsandbytes later than others', () => {
    const BNB = { quant_method: 'bitsandbytes', load_in_4bit: true, bnb_4bit_quant_type: 'nf4' };
    const oss = { ...QWEN3_MOE, architectures: ['GptOssForCausalLM'], model_type: 'gpt_oss', num_local_experts: 128 };
    expect(find(quantized(oss, BNB), '0.11.0')).toBe(1);
    expect(find(quantized(oss, BNB), '0.11.1')).toBe(0);
    expect(find(quantized(QWEN3_MOE, BNB), '0.10.1')).toBe(0);
  });
});

describe('LORA_WITH_QUANTIZED_WEIGHTS', () => {
  const find = (config: Json, version: string, enableLora = true) =>
    alone('LORA_WITH_QUANTIZED_WEIGHTS', endpoint(config, version, { options: { maxModelLen: 2048, enableLora } }));
  test.each([
    ['a dense model', LLAMA2_7B, AWQ, '0.4.0', '0.4.1'],
    ['Mixtral in AWQ', MIXTRAL, AWQ, '0.6.0', '0.6.1'],
    ['Mixtral in GPTQ', MIXTRAL, GPTQ, '0.6.0', '0.6.1'],
  ])('%s', (_, config, scheme, last, first) => {
    expect(find(quantized(config, scheme), last)).toMatchObject([{ fix: `use an image with vLLM ${first} or newer` }]);
    expect(find(quantized(config, scheme), first)).toEqual([]);
    expect(find(quantized(config, scheme), '0.2.7')).toEqual([]);
    expect(find(quantized(config, scheme), last, false)).toEqual([]);
    expect(find(config, last)).toEqual([]);
  });
});
