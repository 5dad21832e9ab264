import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { makePlan } from '../../lib/plan';
import { DEEPSEEK_V3, QWEN3_MOE } from '../../lib/rules/helpers/samples';

const GROUPED = { SM_SGLANG_ENABLE_DP_ATTENTION: 'true' };
const planOf = (
  config: object,
  ranks: number,
  environment: Record<string, string> = {},
  family = 'sglang',
  version?: string,
) =>
  makePlan(
    resolveEndpoint({
      model: { config: config as Record<string, unknown> },
      container: { family: family as 'sglang', version },
      instanceType: 'ml.p5en.48xlarge',
      options: { tensorParallelSize: ranks, maxModelLen: 4096, gpuMemoryUtilization: 0.8 },
      environment,
    }),
  );
const weightsOf = (...given: Parameters<typeof planOf>) => planOf(...given).memory.weights as number;

/** Elements of a layer's attention that ranks cut: query, keys, values and output of Qwen3-30B-A3B. */
const QWEN_ATTENTION = 48 * 2048 * (2 * 32 + 2 * 4) * 128;
const QWEN_EMBEDDING = 151_936 * 2048;

describe('ranks of SGLang that attend in groups', () => {
  test.each([
    [4, 3 / 4],
    [2, 1 / 4],
  ])('hold the attention and the embedding of their group: %i groups of four ranks', (groups, more) => {
    const grouped = weightsOf(QWEN3_MOE, 4, { ...GROUPED, SM_SGLANG_DP_SIZE: String(groups) });
    const expected = 2 * more * (QWEN_ATTENTION + QWEN_EMBEDDING);
    expect((grouped - weightsOf(QWEN3_MOE, 4)) / expected).toBeCloseTo(1, 2);
  });

  test('hold latent attention whole, 18.6 GiB more of DeepSeek-V3 in 16 bit on eight GPUs', () => {
    const grouped = weightsOf(DEEPSEEK_V3, 8, { ...GROUPED, SM_SGLANG_DP_SIZE: '8' });
    // q_b, kv_b and o of 61 layers, and the embedding.
    const cut = 61 * (1536 * 128 * 192 + 512 * 128 * 256 + 128 * 128 * 7168) + 129_280 * 7168;
    expect((grouped - weightsOf(DEEPSEEK_V3, 8)) / ((2 * cut * 7) / 8)).toBeCloseTo(1, 2);
  });

  test.each<[string, object, number, string, string]>([
    ['latent attention', DEEPSEEK_V3, 129_280 * 7168, '0.5.7', '0.5.8'],
    ['other attention', QWEN3_MOE, QWEN_EMBEDDING, '0.5.8', '0.5.9'],
  ])('held the whole embedding of a model with %s before', (_name, config, embedding, before, since) => {
    const of = (version: string) => weightsOf(config, 4, { ...GROUPED, SM_SGLANG_DP_SIZE: '2' }, 'sglang', version);
    // Groups of two hold half of it; PyTorch rounds what it takes.
    expect((of(before) - of(since)) / embedding).toBeCloseTo(1, 2);
  });

  test('keep a cache for each group', () => {
    const grouped = planOf(QWEN3_MOE, 4, { ...GROUPED, SM_SGLANG_DP_SIZE: '4' });
    const alone = planOf(QWEN3_MOE, 1);
    const { kvBytesPerToken, kvCacheTokens, maxConcurrency, memory } = grouped;
    expect(kvBytesPerToken).toBe(alone.kvBytesPerToken);
    const each = (memory.kvCache as number) / (kvBytesPerToken as number);
    expect((kvCacheTokens as number) / (4 * each)).toBeCloseTo(1, 3);
    expect((maxConcurrency as number) / (kvCacheTokens as number)).toBeCloseTo(1 / 4096, 6);
  });

  test.each<[string, Record<string, string>]>([
    ['sglang', { SM_SGLANG_DP_SIZE: '4' }],
    ['sglang', { ...GROUPED }],
    ['sglang', { SM_SGLANG_ENABLE_DP_ATTENTION: 'false', SM_SGLANG_DP_SIZE: '4' }],
    ['vllm', { ...GROUPED, SM_SGLANG_DP_SIZE: '4' }],
  ])('are not there in %s with %j', (family, environment) => {
    expect(weightsOf(QWEN3_MOE, 4, environment, family)).toBe(weightsOf(QWEN3_MOE, 4, {}, family));
  });
});
