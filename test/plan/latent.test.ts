import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { describeModel } from '../../lib/model';
import { makePlan } from '../../lib/plan';
import { allocatedBytes } from '../../lib/plan/weights/allocator';
import { loadedBytes } from '../../lib/plan/weights/loaded';
import type { Loader } from '../../lib/plan/weights/loader';
import { parseScheme } from '../../lib/scheme';
import type { Json } from '../../lib/rules/helpers/samples';

const GIB = 2 ** 30;
/** DeepSeek-V2-Lite: 27 layers, 16 heads of 128 + 64, a latent of 512. */
const LITE: Json = {
  ...{ architectures: ['DeepseekV2ForCausalLM'], model_type: 'deepseek_v2', hidden_size: 2048 },
  ...{ num_attention_heads: 16, num_key_value_heads: 16, num_hidden_layers: 27, vocab_size: 102_400 },
  ...{ kv_lora_rank: 512, qk_rope_head_dim: 64, qk_nope_head_dim: 128, v_head_dim: 128, q_lora_rank: null },
  ...{ n_routed_experts: 64, n_shared_experts: 2, num_experts_per_tok: 6, moe_intermediate_size: 1408 },
  ...{ first_k_dense_replace: 1, max_position_embeddings: 163_840, rope_theta: 10_000, intermediate_size: 10_944 },
};
/** DeepSeek-V3 and -R1: 61 layers, 128 heads, queries through a rank of 1,536, FP8 in blocks. */
const V3: Json = {
  ...{ architectures: ['DeepseekV3ForCausalLM'], model_type: 'deepseek_v3', hidden_size: 7168 },
  ...{ num_attention_heads: 128, num_key_value_heads: 128, num_hidden_layers: 61, vocab_size: 129_280 },
  ...{ kv_lora_rank: 512, qk_rope_head_dim: 64, qk_nope_head_dim: 128, v_head_dim: 128, q_lora_rank: 1536 },
  ...{ n_routed_experts: 256, n_shared_experts: 1, num_experts_per_tok: 8, moe_intermediate_size: 2048 },
  ...{ first_k_dense_replace: 3, max_position_embeddings: 163_840, rope_theta: 10_000, intermediate_size: 18_432 },
  quantization_config: { quant_method: 'fp8', activation_scheme: 'dynamic', weight_block_size: [128, 128] },
};
const LAYERS = 27;

describe('vLLM’s cache of a latent', () => {
  const perToken = (version: string, rest: object = {}, options: object = {}) =>
    makePlan(
      resolveEndpoint({
        model: { config: LITE },
        container: { family: 'vllm', version },
        options: { maxModelLen: 4096, ...options },
        ...rest,
      }),
    ).kvBytesPerToken;

  test.each([
    // Keys and values of each head, padded to what the kernels take.
    ['0.6.6', LAYERS * 16 * 256 * 2 * 2],
    ['0.7.0', LAYERS * 16 * 192 * 2 * 2],
    ['0.7.1', LAYERS * 576 * 2],
    // Aligned to 256 bytes.
    ['0.7.3', LAYERS * 640 * 2],
    ['0.8.0', LAYERS * 576 * 2],
    ['0.30.0', LAYERS * 576 * 2],
  ])('%s keeps %i bytes a token', (version, bytes) => expect(perToken(version)).toBe(bytes));

  test('is divided among the ranks only where it is of heads', () => {
    const two = { tensorParallelSize: 2 };
    expect(perToken('0.7.0', {}, two)).toBe(LAYERS * 8 * 192 * 2 * 2);
    expect(perToken('0.7.1', {}, two)).toBe(LAYERS * 576 * 2);
    // Rounded up, where the heads do not divide.
    expect(perToken('0.7.0', {}, { tensorParallelSize: 3 })).toBe(LAYERS * 6 * 192 * 2 * 2);
  });

  test('is of heads in 0.7.1 and 0.7.2 for weights that are quantized otherwise than in FP8', () => {
    expect(perToken('0.7.2', { quantization: 'awq' })).toBe(LAYERS * 16 * 192 * 2 * 2);
    expect(perToken('0.7.2', { quantization: 'fp8-weight-only' })).toBe(LAYERS * 16 * 192 * 2 * 2);
    expect(perToken('0.7.1', { quantization: 'fp8' })).toBe(LAYERS * 576 * 2);
    expect(perToken('0.7.2', { quantization: 'fp8' })).toBe(LAYERS * 640 * 2);
    expect(perToken('0.7.0', { quantization: 'fp8' })).toBe(LAYERS * 16 * 192 * 2 * 2);
    expect(perToken('0.7.3', { quantization: 'awq' })).toBe(LAYERS * 640 * 2);
  });

  test('aligns a cache of other elements by the bytes of the model’s', () => {
    expect(perToken('0.7.3', {}, { kvCacheDtype: 'fp8' })).toBe(LAYERS * 640);
    expect(perToken('0.7.3', {}, { dtype: 'float32' })).toBe(LAYERS * 576 * 4);
  });

  test('of another model has nothing of it', () => {
    const plain = { architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_size: 4096, vocab_size: 32_000 };
    const config = { ...plain, intermediate_size: 11_008, num_attention_heads: 32, num_hidden_layers: 32 };
    expect(perToken('0.7.0', { model: { config } })).toBe(32 * 32 * 128 * 2 * 2);
  });
});

describe('the cache of sparse attention', () => {
  /** GLM-5 has 78 layers with DeepSeek V3.2’s attention; two logs of eight H200 print 100,164 and 100,168 bytes a token. */
  const SPARSE: Json = {
    ...V3,
    ...{ architectures: ['DeepseekV32ForCausalLM'], model_type: 'deepseek_v32', num_hidden_layers: 78 },
    ...{ index_n_heads: 64, index_head_dim: 128, index_topk: 2048 },
  };
  const perToken = (config: Json, options: object = {}, version = '0.30.0', instanceType = 'ml.p5en.48xlarge') =>
    makePlan(
      resolveEndpoint({
        model: { config },
        container: { family: 'vllm', version },
        instanceType,
        options: { maxModelLen: 4096, tensorParallelSize: 8, ...options },
      }),
    ).kvBytesPerToken;

  test('has a key for each layer’s choice beside the latent', () => {
    expect(perToken(SPARSE)).toBe(78 * (576 * 2 + 132));
    expect(perToken(SPARSE, {}, '0.11.0')).toBe(78 * (576 * 2 + 132));
    expect(perToken({ ...SPARSE, index_topk: undefined })).toBe(78 * 576 * 2);
    expect(perToken({ ...SPARSE, index_head_dim: 256 })).toBe(78 * (576 * 2 + 264));
  });

  test('in FP8 has scales, and a rotary part in 16 bits', () => {
    expect(perToken(SPARSE, { kvCacheDtype: 'fp8' })).toBe(78 * (656 + 132));
  });

  // A log of 0.18.0 on eight B200 has 43,190 bytes a token of 61 layers.
  test('in FP8 is as plain as any where FlashInfer reads it on Blackwell', () => {
    const fp8 = (version: string, options: object = {}) =>
      perToken(SPARSE, { kvCacheDtype: 'fp8', ...options }, version, 'ml.p6-b200.48xlarge');
    expect(fp8('0.16.0')).toBe(78 * (656 + 132));
    expect(fp8('0.18.0')).toBe(78 * (576 + 132));
    expect(fp8('0.18.0', { tensorParallelSize: 4 })).toBe(78 * (656 + 132));
    expect(fp8('0.19.0', { tensorParallelSize: 4 })).toBe(78 * (576 + 132));
    expect(fp8('0.30.0', { kvCacheDtype: 'fp8_ds_mla' })).toBe(78 * (656 + 132));
    expect(fp8('0.30.0', { kvCacheDtype: 'auto' })).toBe(78 * (1152 + 132));
  });

  test('has scales on workstation Blackwell, asked for or not', () => {
    const of = (kvCacheDtype: string) => perToken(SPARSE, { kvCacheDtype }, '0.30.0', 'ml.g7e.48xlarge');
    expect(of('auto')).toBe(78 * (656 + 132));
    expect(of('fp8')).toBe(78 * (656 + 132));
    expect(of('bfloat16')).toBe(78 * (656 + 132));
  });

  test('is gathered in room that stays, of forty contexts’ keys', () => {
    const activations = (version: string, maxModelLen: number, instanceType = 'ml.p6-b200.48xlarge') =>
      makePlan(
        resolveEndpoint({
          model: { config: SPARSE },
          container: { family: 'vllm', version },
          instanceType,
          options: { maxModelLen, tensorParallelSize: 8, maxNumBatchedTokens: 8192 },
        }),
      ).memory.activations!;
    const more = (version: string, instanceType?: string) =>
      activations(version, 163_840, instanceType) - activations(version, 4096, instanceType);
    expect(more('0.30.0')).toBe(40 * (163_840 - 4096) * 132);
    expect(more('0.12.0')).toBe(0);
    // Triton’s experts have more on Hopper, in the same room.
    expect(more('0.30.0', 'ml.p5en.48xlarge')).toBe(0);
  });

  test('has in SGLang a key of every layer, and is in FP8 from Blackwell on', () => {
    const inSglang = (instanceType: string, options: object = {}) =>
      makePlan(
        resolveEndpoint({
          model: { config: SPARSE },
          container: { family: 'sglang', version: '0.5.8' },
          instanceType,
          options: { maxModelLen: 4096, tensorParallelSize: 8, ...options },
        }),
      ).kvBytesPerToken;
    // A log of eight RTX PRO 6000: 314,304 tokens take 29.32 GiB.
    expect(inSglang('ml.g7e.48xlarge', { kvCacheDtype: 'bf16' })).toBe(78 * (1152 + 132));
    expect(inSglang('ml.p5en.48xlarge')).toBe(78 * (1152 + 132));
    expect(inSglang('ml.p6-b200.48xlarge')).toBe(78 * (576 + 132));
  });

  test('has no key in layers that take another’s choice', () => {
    const of = (rest: Json) => perToken({ ...SPARSE, num_hidden_layers: 10, ...rest });
    expect(of({ index_topk_freq: 1 })).toBe(10 * (1152 + 132));
    // Layers 0, 1, 5 and 9.
    expect(of({ index_topk_freq: 4 })).toBeCloseTo(10 * 1152 + 4 * 132, 6);
    // Layers 0, 1, 2, 6.
    expect(of({ index_topk_freq: 4, index_skip_topk_offset: 3 })).toBeCloseTo(10 * 1152 + 4 * 132, 6);
    expect(of({ index_topk_freq: 3, index_skip_topk_offset: 0 })).toBeCloseTo(10 * 1152 + 3 * 132, 6);
  });
});

describe('what vLLM keeps of a latent’s projections', () => {
  const bytes = (config: Json, scheme: string, version: readonly number[] | undefined, rest: Partial<Loader> = {}) =>
    loadedBytes(describeModel(config), parseScheme(scheme), {
      ...{ engine: 'vllm', version, sm: 90, plainBytes: 2, parallelism: { tensor: 1, pipeline: 1, experts: false } },
      ...rest,
    }) as number;
  const more = (scheme: string, version: number[], rest: Partial<Loader> = {}) =>
    bytes(LITE, scheme, version, rest) - bytes(LITE, scheme, [0, 7, 0], rest);

  test('is nothing more where they are stored in 16 bits', () => {
    expect(more('none', [0, 8, 0])).toBe(0);
    expect(more('none', [0, 30, 0])).toBe(0);
  });

  test('is a copy in 16 bits where they are quantized', () => {
    const copy = allocatedBytes(16 * (128 + 128) * 512 * 2);
    expect(more('fp8', [0, 8, 0])).toBe(LAYERS * copy);
    expect(bytes(LITE, 'fp8', undefined)).toBe(bytes(LITE, 'fp8', [0, 8, 0]));
    expect(more('fp8', [0, 8, 0], { parallelism: { tensor: 8, pipeline: 1, experts: false } })).toBe(
      LAYERS * allocatedBytes(2 * (128 + 128) * 512 * 2),
    );
  });

  test('were products with the query’s and the output’s in 0.7.1 to 0.7.3', () => {
    const [query, output] = [2048 * 16 * 512, 16 * 512 * 2048];
    const rotated = allocatedBytes(2048 * 16 * 64 * 2);
    for (const version of [
      [0, 7, 1],
      [0, 7, 3],
    ])
      expect(more('none', version)).toBe(LAYERS * (allocatedBytes(query * 2) + allocatedBytes(output * 2) + rotated));
    // FP8 ones are quantized again, and the latent's own are kept in 16 bits.
    const expanded = allocatedBytes(16 * (128 + 128) * 512 * 2);
    expect(more('fp8', [0, 7, 2])).toBe(LAYERS * (allocatedBytes(query) + allocatedBytes(output) + rotated + expanded));
    // Others were not absorbed, as their latent was not cached.
    expect(more('awq', [0, 7, 2])).toBe(0);
    expect(more('awq', [0, 7, 3])).toBe(LAYERS * (2 * allocatedBytes(query * 2) + rotated + expanded));
  });

  test('is nothing more for another server', () => {
    const rotary = allocatedBytes(163_840 * 64 * 4);
    expect(bytes(LITE, 'fp8', [0, 30, 0], { engine: 'sglang' })).toBe(bytes(LITE, 'fp8', [0, 7, 0]));
    expect(bytes(LITE, 'fp8', undefined, { engine: 'tensorrt-llm' })).toBe(bytes(LITE, 'fp8', [0, 7, 0]) - rotary);
  });

  /** What logs of eight H200 and eight A100 print; no figure of the code comes from them. */
  test.each([
    ['DeepSeek-R1, 0.7.3', V3, '0.7.3', 'ml.p5en.48xlarge', 83.88],
    ['DeepSeek-R1, 0.12.0', V3, '0.12.0', 'ml.p5en.48xlarge', 79.739],
    ['DeepSeek-Coder-V2-Lite, 0.7.1', LITE, '0.7.1', 'ml.p4d.24xlarge', 3.97],
  ])('is what %s says on eight GPUs, within a quarter of a percent', (_name, config, version, instanceType, gib) => {
    const { weights } = makePlan(
      resolveEndpoint({
        model: { config },
        container: { family: 'vllm', version },
        instanceType,
        options: { tensorParallelSize: 8, maxModelLen: 8192 },
      }),
    ).memory;
    expect(Math.abs((weights as number) / GIB / gib - 1)).toBeLessThan(0.0025);
  });
});
