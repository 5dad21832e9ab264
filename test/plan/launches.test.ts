import { describeModel } from '../../lib/model';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { makePlan } from '../../lib/plan';
import { extraLaunchSeconds } from '../../lib/plan/speed/launches';
import { servedScheme } from '../../lib/plan/online';
import { LLAMA_8B, MIXTRAL, type Json } from '../../lib/rules/helpers/samples';
import { readFixture, type FixtureRow } from './fixtures';

const KERNEL = 3.5e-6;
const schemeOf = (config: Json, quantization?: string) =>
  servedScheme(resolveEndpoint({ model: { config }, quantization }));
/** Kernels beyond those of a dense layer, over all layers. */
const kernels = (config: Json, quantization?: string, sm?: number) =>
  extraLaunchSeconds(describeModel(config), schemeOf(config, quantization), sm) / KERNEL;

const deepseek: Json = {
  ...{
    architectures: ['DeepseekV3ForCausalLM'],
    model_type: 'deepseek_v3',
    hidden_size: 1024,
    intermediate_size: 2048,
  },
  ...{ num_hidden_layers: 10, num_attention_heads: 8, num_key_value_heads: 8, vocab_size: 32_000, q_lora_rank: 256 },
  ...{ kv_lora_rank: 128, qk_nope_head_dim: 64, qk_rope_head_dim: 32, v_head_dim: 64, first_k_dense_replace: 3 },
  ...{ n_routed_experts: 16, num_experts_per_tok: 4, moe_intermediate_size: 256, n_shared_experts: 1 },
};
const gptOss: Json = {
  ...{ architectures: ['GptOssForCausalLM'], model_type: 'gpt_oss', hidden_size: 2880, intermediate_size: 2880 },
  ...{ num_hidden_layers: 6, num_attention_heads: 64, num_key_value_heads: 8, head_dim: 64, vocab_size: 201_088 },
  ...{ num_local_experts: 32, num_experts_per_tok: 4, sliding_window: 128 },
  quantization_config: { quant_method: 'mxfp4' },
};
const qwenNext: Json = {
  ...{ architectures: ['Qwen3NextForCausalLM'], model_type: 'qwen3_next', hidden_size: 2048, intermediate_size: 5120 },
  ...{ num_hidden_layers: 8, num_attention_heads: 16, num_key_value_heads: 2, head_dim: 256, vocab_size: 151_936 },
  ...{ num_experts: 16, num_experts_per_tok: 4, moe_intermediate_size: 512, shared_expert_intermediate_size: 512 },
  ...{ linear_num_key_heads: 16, linear_num_value_heads: 32, linear_key_head_dim: 128, linear_value_head_dim: 128 },
  ...{ linear_conv_kernel_dim: 4, full_attention_interval: 4, decoder_sparse_step: 1 },
};

describe('kernels beyond those of a dense layer', () => {
  test('are none of a dense model in 16 bits', () => {
    expect(kernels(LLAMA_8B)).toBe(0);
    expect(kernels(LLAMA_8B, 'awq')).toBe(0);
  });

  test('quantize activations, four times a layer', () => {
    expect(kernels(LLAMA_8B, 'fp8')).toBeCloseTo(32 * 4, 9);
    expect(kernels(LLAMA_8B, 'int8-w8a8')).toBeCloseTo(32 * 4, 9);
  });

  test('choose experts', () => {
    expect(kernels(MIXTRAL)).toBeCloseTo(32 * 9, 9);
  });

  test('are fewer where the kernel of four-bit experts chooses too', () => {
    for (const sm of [100, 103, 109]) expect(kernels(gptOss, undefined, sm)).toBeCloseTo(6 * 3, 9);
    for (const sm of [undefined, 90, 99, 110, 120]) expect(kernels(gptOss, undefined, sm)).toBeCloseTo(6 * 9, 9);
    expect(kernels(MIXTRAL, undefined, 100)).toBeCloseTo(32 * 9, 9);
  });

  test('multiply by shared experts, in the layers that have experts, and by latents in all', () => {
    expect(kernels(deepseek)).toBeCloseTo(7 * (9 + 4) + 10 * 5, 9);
    expect(kernels({ ...deepseek, n_shared_experts: 0 })).toBeCloseTo(7 * 9 + 10 * 5, 9);
  });

  test('choose tokens for sparse attention', () => {
    const sparse = { ...deepseek, architectures: ['DeepseekV32ForCausalLM'], model_type: 'deepseek_v32' };
    const indexed = { ...sparse, index_topk: 2048, index_n_heads: 8, index_head_dim: 128 };
    expect(kernels(indexed) - kernels(deepseek)).toBeCloseTo(10 * 12, 9);
  });

  test('carry states on in recurrent layers', () => {
    expect(kernels(qwenNext)).toBeCloseTo(8 * (9 + 4) + 6 * 6, 9);
  });

  test('count in a step, but for llama.cpp', () => {
    const spec = (family: 'vllm' | 'llama-cpp', config: Json) => ({
      model: { config },
      container: { family },
      instanceType: 'ml.p4de.24xlarge',
      options: { tensorParallelSize: 1, pipelineParallelSize: 1, maxModelLen: 4096, slots: 1 },
      workload: { inputTokens: 1, outputTokens: 2, concurrency: 1 },
    });
    /** A mixture of one expert reads what a dense model reads, and a router of 32 × 4,096. */
    const single = { ...MIXTRAL, num_local_experts: 1, num_experts_per_tok: 1 };
    const dense = { ...LLAMA_8B, vocab_size: MIXTRAL.vocab_size };
    const more = (family: 'vllm' | 'llama-cpp', quantization?: string) => {
      const at = (config: Json) =>
        makePlan(resolveEndpoint({ ...spec(family, config), quantization })).estimate.interTokenMs as number;
      return at(single) - at(dense);
    };
    expect(more('vllm')).toBeGreaterThan(32 * 9 * KERNEL * 1000);
    expect(more('vllm')).toBeLessThan(32 * 9 * KERNEL * 1000 + 0.01);
    expect(more('llama-cpp', 'gguf:F16')).toBeLessThan(0.02);
  });
});

/** Steps at batch 1 that engines' own benchmarks print. */
interface StepRow extends FixtureRow {
  readonly interTokenMs?: number;
  readonly tokensPerSecond?: number;
  /** Set aside before the plan was asked. */
  readonly held: boolean;
}

describe('mixtures at batch 1', () => {
  const rows = readFixture<StepRow>('mixture-speeds.json');
  const ratio = ({ spec, interTokenMs, tokensPerSecond }: StepRow) => {
    const { estimate } = makePlan(resolveEndpoint(spec));
    return interTokenMs === undefined
      ? (estimate.outputTokensPerSecond as number) / (tokensPerSecond as number)
      : interTokenMs / (estimate.interTokenMs as number);
  };
  const within = (few: readonly StepRow[]) => few.filter((row) => ratio(row) >= 0.7 && ratio(row) <= 1.4).length;

  test('come from more than fifteen measurements, of which some were set aside', () => {
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter(({ held }) => held).length).toBeGreaterThanOrEqual(8);
  });
  test('are within ×0.7 to ×1.4 for four of five', () => {
    expect(within(rows) / rows.length).toBeGreaterThanOrEqual(0.8);
  });
  test('that were set aside are so for two of three', () => {
    const held = rows.filter((row) => row.held);
    expect(within(held) / held.length).toBeGreaterThanOrEqual(0.66);
  });
  /** Further off: the first versions that ran a model, and servers of early 2024, which called their ranks one by one. */
  const first: Readonly<Record<string, number>> = {
    'v3-h200-sgl041': 3.4,
    'oss120-a100-vllm0101': 1.6,
    'oss120-a100-tp2-vllm0101': 2.05,
    'mathv2-b200-sgl': 1.6,
    'mix-fp8-h100-tp4-vllm043': 1.55,
  };
  test.each(rows.map((row) => [row.id, row] as const))('%s is near', (id, row) => {
    expect(ratio(row)).toBeGreaterThan(0.8);
    expect(ratio(row)).toBeLessThan(first[id] ?? 1.4);
  });
});
