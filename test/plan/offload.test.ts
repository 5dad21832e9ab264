import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { makePlan } from '../../lib/plan';
import { LLAMA_8B } from '../../lib/rules/helpers/samples';

const GIB = 2 ** 30;
const planOf = (environment: Record<string, string>, version?: string, family: 'vllm' | 'lmi' = 'vllm') =>
  makePlan(
    resolveEndpoint({
      model: { config: LLAMA_8B },
      container: { family, ...(version === undefined ? {} : { version }) },
      instanceType: 'ml.g5.xlarge',
      options: { maxModelLen: 2048 },
      environment,
      workload: { inputTokens: 128, outputTokens: 32, concurrency: 1 },
    }),
  );
const memory = (...of: Parameters<typeof planOf>) => {
  const { total, usable, weights, kvCache } = planOf(...of).memory;
  return { total: total as number, usable: usable as number, weights: weights as number, kvCache: kvCache as number };
};

describe('weights that stay in the host’s memory', () => {
  test('leave as much more for the cache', () => {
    const [all, some] = [memory({}), memory({ SM_VLLM_CPU_OFFLOAD_GB: '5' })];
    expect(all.weights - some.weights).toBe(5 * GIB);
    expect(some.kvCache - all.kvCache).toBe(5 * GIB);
    expect(memory({ OPTION_CPU_OFFLOAD_GB: '2.5' }, undefined, 'lmi').weights).toBe(
      memory({}, undefined, 'lmi').weights - 2.5 * GIB,
    );
  });

  test('are not more than there are, nor fewer than none', () => {
    expect(memory({ SM_VLLM_CPU_OFFLOAD_GB: '500' }).weights).toBe(0);
    expect(memory({ SM_VLLM_CPU_OFFLOAD_GB: '-5' })).toEqual(memory({}));
    expect(memory({ SM_VLLM_CPU_OFFLOAD_GB: '0' })).toEqual(memory({}));
  });

  test('make the speed one that nobody knows', () => {
    expect(planOf({}).estimate.interTokenMs).not.toBeNull();
    expect(planOf({ SM_VLLM_CPU_OFFLOAD_GB: '0' }).estimate).toEqual(planOf({}).estimate);
    expect(planOf({ SM_VLLM_CPU_OFFLOAD_GB: '5' }).estimate.interTokenMs).toBeNull();
  });
});

describe('a cache of a set size', () => {
  test.each([
    ['1073741824', GIB],
    ['1G', GIB],
    ['0.5g', 5e8],
    ['1g', 1e9],
    ['300M', 300 * 2 ** 20],
    ['2000k', 2e6],
  ])('of %s has %i bytes', (text, bytes) => {
    expect(memory({ SM_VLLM_KV_CACHE_MEMORY_BYTES: text }).kvCache).toBe(bytes);
  });

  test('may take what the share of the memory would leave, but no more than there is', () => {
    const own = memory({});
    const { total, kvCache, usable } = memory({ SM_VLLM_KV_CACHE_MEMORY_BYTES: '100G' });
    expect(usable).toBe(total);
    expect(kvCache).toBe(own.kvCache + total - own.usable);
    expect(memory({ SM_VLLM_KV_CACHE_MEMORY_BYTES: '1G' }).usable).toBe(total);
  });

  test('is not set by what is no number, or before 0.10.2', () => {
    for (const text of ['much', '0.5G', '1.5', '', '1GB', '-1'])
      expect(memory({ SM_VLLM_KV_CACHE_MEMORY_BYTES: text })).toEqual(memory({}));
    expect(memory({ SM_VLLM_KV_CACHE_MEMORY_BYTES: '1G' }, '0.10.1')).toEqual(memory({}, '0.10.1'));
    expect(memory({ SM_VLLM_KV_CACHE_MEMORY_BYTES: '1G' }, '0.10.2').kvCache).toBe(GIB);
  });
});
