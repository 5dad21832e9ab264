import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { describeModel } from '../../lib/model';
import { makePlan } from '../../lib/plan';
import { loadedBytes } from '../../lib/plan/weights/loaded';
import type { Loader } from '../../lib/plan/weights/loader';
import { joiningElements, predictionLayers } from '../../lib/plan/weights/prediction';
import { repeatsEmbedding } from '../../lib/plan/weights/repeated-head';
import { resolveScheme } from '../../lib/scheme';

type Json = Readonly<Record<string, unknown>>;

const H = 1024;
const VOCABULARY = 32_000;
const MIMO: Json = {
  ...{ architectures: ['MiMoForCausalLM'], model_type: 'mimo', hidden_size: H, intermediate_size: 2048 },
  ...{ num_attention_heads: 8, num_key_value_heads: 4, head_dim: 128, num_hidden_layers: 2, vocab_size: VOCABULARY },
  ...{ attention_bias: true, torch_dtype: 'bfloat16', tie_word_embeddings: false },
};
const GLM: Json = {
  ...{ architectures: ['Glm4MoeForCausalLM'], model_type: 'glm4_moe', hidden_size: H, intermediate_size: 2048 },
  ...{ num_attention_heads: 8, num_key_value_heads: 4, head_dim: 128, num_hidden_layers: 3, vocab_size: VOCABULARY },
  ...{ moe_intermediate_size: 512, n_routed_experts: 8, n_shared_experts: 1, num_experts_per_tok: 2 },
  ...{ first_k_dense_replace: 1, torch_dtype: 'bfloat16', tie_word_embeddings: false },
};
const V4: Json = {
  ...{ architectures: ['DeepseekV4ForCausalLM'], model_type: 'deepseek_v4', hidden_size: H, head_dim: 128 },
  ...{ num_attention_heads: 8, num_key_value_heads: 1, num_hidden_layers: 3, vocab_size: VOCABULARY, hc_mult: 4 },
  ...{ moe_intermediate_size: 512, n_routed_experts: 8, n_shared_experts: 1, num_experts_per_tok: 2 },
  ...{ q_lora_rank: 256, o_lora_rank: 128, o_groups: 2, qk_rope_head_dim: 64, sliding_window: 128 },
  ...{ index_head_dim: 128, index_n_heads: 8, index_topk: 64, compress_ratios: [0, 4, 128], torch_dtype: 'bfloat16' },
  ...{ max_position_embeddings: 4096, rope_theta: 10_000, tie_word_embeddings: false },
};
const FP8 = { quant_method: 'fp8', activation_scheme: 'dynamic', weight_block_size: [128, 128] };

const bytesOf = (config: Json) => makePlan(resolveEndpoint({ model: { config } })).checkpointBytes as number;
const experts = (layers: number) => layers * 8 * 3 * 512 * H;

describe('layers that predict further tokens', () => {
  const withLayers = (config: Json, count: number): Json => ({ ...config, num_nextn_predict_layers: count });

  test.each<[string, Json, boolean]>([
    ['MiMo', MIMO, false],
    ['GLM-4.5', GLM, true],
    ['DeepSeek V4', V4, false],
  ])('of %s are in the checkpoint', (_name, config, copies) => {
    const model = describeModel(withLayers(config, 1));
    expect(predictionLayers(model)).toMatchObject({ count: 1, copiesEmbeddings: copies });
    const own = bytesOf(withLayers(config, 1)) - bytesOf(config);
    const outside = joiningElements(model) + (copies ? 2 * VOCABULARY * H : 0);
    expect(bytesOf(withLayers(config, 2)) - bytesOf(withLayers(config, 1))).toBe(own);
    expect(own).toBeGreaterThan(outside * 2);
  });

  test('are like the last layer, with its experts', () => {
    const more = bytesOf(withLayers(GLM, 1)) - bytesOf(GLM);
    const layer = bytesOf({ ...GLM, num_hidden_layers: 4 }) - bytesOf(GLM);
    expect(more).toBe(layer + (2 * H * H + 3 * H + 2 * VOCABULARY * H) * 2);
  });

  test('of Qwen3-Next are in its own checkpoints alone', () => {
    const config: Json = {
      ...{ architectures: ['Qwen3NextForCausalLM'], model_type: 'qwen3_next', hidden_size: H, num_hidden_layers: 4 },
      ...{ num_attention_heads: 8, num_key_value_heads: 2, head_dim: 128, intermediate_size: 2048, num_experts: 8 },
      ...{ num_experts_per_tok: 2, moe_intermediate_size: 512, shared_expert_intermediate_size: 512 },
      ...{ linear_num_key_heads: 4, linear_num_value_heads: 8, linear_key_head_dim: 64, linear_value_head_dim: 64 },
      ...{ linear_conv_kernel_dim: 4, full_attention_interval: 4, vocab_size: VOCABULARY, torch_dtype: 'bfloat16' },
    };
    const of = (id?: string) => makePlan(resolveEndpoint({ model: { id, config } })).checkpointBytes as number;
    const without = of();
    expect(of('Qwen/Qwen3-Next-80B-A3B-Instruct') - without).toBeGreaterThan(experts(1) * 2);
    expect(of('Qwen/Qwen3-Next-80B-A3B-Thinking-FP8')).toBe(of('Qwen/Qwen3-Next-80B-A3B-Base'));
    expect(of('Qwen/Qwen3-Coder-Next')).toBe(without);
    expect(of('cyankiwi/Qwen3-Next-80B-A3B-Instruct-AWQ-4bit')).toBe(without);
  });

  describe('beside a sparse attention', () => {
    const GLM_5: Json = {
      ...{
        architectures: ['GlmMoeDsaForCausalLM'],
        model_type: 'glm_moe_dsa',
        hidden_size: H,
        intermediate_size: 2048,
      },
      ...{ num_attention_heads: 8, num_key_value_heads: 8, num_hidden_layers: 10, vocab_size: VOCABULARY },
      ...{ moe_intermediate_size: 512, n_routed_experts: 8, n_shared_experts: 1, num_experts_per_tok: 2 },
      ...{ first_k_dense_replace: 1, q_lora_rank: 256, kv_lora_rank: 128, qk_nope_head_dim: 64, qk_rope_head_dim: 64 },
      ...{ v_head_dim: 64, index_n_heads: 8, index_head_dim: 128, index_topk: 64, tie_word_embeddings: false },
      ...{ num_nextn_predict_layers: 1, torch_dtype: 'bfloat16' },
    };
    const indexer = (8 * 128 * 256 + 128 * H + 2 * 128 + 8 * H) * 2;

    test('bring no embedding of their own', () => {
      expect(predictionLayers(describeModel(GLM_5))).toEqual({ count: 1, like: 9, copiesEmbeddings: false });
    });

    test.each<[string, Json, number]>([
      ['by the distance', { index_topk_freq: 4 }, 6],
      ['by the distance from an offset', { index_topk_freq: 4, index_skip_topk_offset: 3 }, 6],
      ['layer by layer', { indexer_types: ['full', 'full', ...Array<string>(8).fill('shared')] }, 8],
    ])('choose for themselves where layers share a choice %s', (_how, shared, fewer) => {
      expect(bytesOf(GLM_5) - bytesOf({ ...GLM_5, ...shared })).toBe(fewer * indexer);
    });
  });

  test('are not loaded, nor in a GGUF but that of GLM', () => {
    const loader: Loader = {
      engine: 'vllm',
      plainBytes: 2,
      parallelism: { tensor: 1, pipeline: 1, experts: 1 } as never,
    };
    const loaded = (config: Json) => {
      const model = describeModel(config);
      return loadedBytes(model, resolveScheme({ model: {} }, model), loader);
    };
    expect(loaded(withLayers(GLM, 1))).toBe(loaded(GLM));
    const gguf = (config: Json) =>
      makePlan(resolveEndpoint({ model: { config }, quantization: 'gguf:Q8_0' })).checkpointBytes;
    expect(gguf(withLayers(MIMO, 1))).toBe(gguf(MIMO));
    expect(gguf(withLayers(GLM, 1))).toBeGreaterThan(gguf(GLM) as number);
  });

  test.each([undefined, 0, -1, 1.5, '1'])('are none for a count of %p', (count) => {
    expect(predictionLayers(describeModel({ ...GLM, num_nextn_predict_layers: count }))).toBeUndefined();
  });

  test('are none where the model type is not known to have them', () => {
    const llama = { ...MIMO, architectures: ['LlamaForCausalLM'], model_type: 'llama', num_nextn_predict_layers: 1 };
    expect(predictionLayers(describeModel(llama))).toBeUndefined();
  });
});

describe('experts of DeepSeek V4', () => {
  const schemeOf = (more: Json) => {
    const model = describeModel({ ...V4, quantization_config: FP8, ...more });
    return resolveScheme({ model: {} }, model);
  };

  test('are in four bits beside FP8, also where the config is silent', () => {
    expect(schemeOf({ expert_dtype: 'fp4' })).toMatchObject({ layout: 'fp8', experts: { layout: 'mxfp4' } });
    expect(schemeOf({}).experts?.layout).toBe('mxfp4');
  });

  test('may be in FP8 like the rest', () => {
    expect(schemeOf({ expert_dtype: 'fp8' }).experts).toBeUndefined();
    const four = bytesOf({ ...V4, quantization_config: FP8 });
    const eight = bytesOf({ ...V4, quantization_config: FP8, expert_dtype: 'fp8' });
    const scales = experts(3) / 32 - (experts(3) / 128 / 128) * 4;
    expect(eight - four).toBe(experts(3) / 2 - scales);
  });

  test('take Marlin’s layout on Hopper, where others take Triton’s', () => {
    const loader: Loader = {
      ...{ engine: 'vllm', version: [0, 20, 0], sm: 90, plainBytes: 2 },
      parallelism: { tensor: 1, pipeline: 1, experts: 1 } as never,
    };
    const model = describeModel({ ...V4, quantization_config: FP8 });
    const scheme = resolveScheme({ model: {} }, model);
    expect(loadedBytes(model, scheme, loader)).toBe(loadedBytes(model, scheme, { ...loader, sm: 89 }));
  });
});

describe('a head that is stored beside the embedding it repeats', () => {
  const falcon = (more: Json): Json => ({
    ...{ architectures: ['FalconForCausalLM'], model_type: 'falcon', hidden_size: H, num_hidden_layers: 2 },
    ...{ num_attention_heads: 8, vocab_size: VOCABULARY, torch_dtype: 'bfloat16', parallel_attn: true },
    ...more,
  });
  const seven = falcon({ multi_query: true, new_decoder_architecture: false });
  const forty = falcon({ num_kv_heads: 8, new_decoder_architecture: true });

  test('is Falcon 7B’s and 180B’s, not 40B’s or another model’s', () => {
    expect(repeatsEmbedding(describeModel(seven))).toBe(true);
    expect(repeatsEmbedding(describeModel({ ...forty, num_hidden_layers: 80 }))).toBe(true);
    expect(repeatsEmbedding(describeModel(forty))).toBe(false);
    expect(repeatsEmbedding(describeModel({ ...seven, tie_word_embeddings: false }))).toBe(false);
    expect(repeatsEmbedding(describeModel({ ...MIMO, tie_word_embeddings: true }))).toBe(false);
  });

  test('is in three releases of Qwen3, as they were published', () => {
    const qwen3 = (id: string, quantization?: string) => {
      const config = { ...MIMO, architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3', tie_word_embeddings: true };
      return makePlan(resolveEndpoint({ model: { id, config }, quantization })).checkpointBytes as number;
    };
    const without = qwen3('Qwen/Qwen3-4B');
    for (const size of ['0.6B', '1.7B', '4B-FP8'])
      expect(qwen3(`Qwen/Qwen3-${size}`)).toBe(without + 2 * VOCABULARY * H);
    for (const size of ['0.6B-Base', '1.7B-Base', '4B-Instruct-2507'])
      expect(qwen3(`Qwen/Qwen3-${size}`)).toBe(without);
    expect(qwen3('Qwen/Qwen3-0.6B', 'awq')).toBe(qwen3('Qwen/Qwen3-4B', 'awq'));
    expect(qwen3('Qwen/Qwen3-0.6B', 'gguf:Q8_0')).toBe(qwen3('Qwen/Qwen3-4B', 'gguf:Q8_0'));
  });

  test('weighs on the files, GGUF or not', () => {
    const untied = { ...seven, tie_word_embeddings: false };
    expect(bytesOf(seven)).toBe(bytesOf(untied));
    const gguf = (config: Json) =>
      makePlan(resolveEndpoint({ model: { config }, quantization: 'gguf:Q4_0' })).checkpointBytes;
    expect(gguf(seven)).toBe(gguf(untied));
  });
});
