import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { makePlan } from '../../lib/plan';
import type { EndpointSpec } from '../../lib/spec/types';
import { GEMMA2_2B, LLAMA_8B } from '../../lib/rules/helpers/samples';

const planned = (version: string, rest: Partial<EndpointSpec> = {}) =>
  makePlan(
    resolveEndpoint({
      model: { config: GEMMA2_2B },
      container: { family: 'vllm', version },
      instanceType: 'ml.g5.xlarge',
      options: { maxModelLen: 8192, maxNumBatchedTokens: 512 },
      ...rest,
    }),
  );
const concurrency = (...given: Parameters<typeof planned>) => planned(...given).maxConcurrency ?? 0;
/** The same cache, however much a version leaves for it. */
const cache = (rest: Record<string, string> = {}) => ({
  environment: { SM_VLLM_KV_CACHE_MEMORY_BYTES: String(4 * 2 ** 30), ...rest },
});

describe('what a sequence keeps outside its window while steps are under way', () => {
  // Blocks of 16: 512 for all of 8,192; a window of 4,096 with a step of 512, and one for where it begins, 289; with two steps, 321.
  const one = 512 + 289;
  const two = 512 + 321;

  test('is of one step up to 0.25, and of two from 0.26 on', () => {
    const before = concurrency('0.25.0', cache());
    expect(concurrency('0.26.0', cache()) / before).toBeCloseTo(one / two, 6);
    expect(concurrency('0.29.0', cache()) / before).toBeCloseTo(one / two, 6);
  });

  test.each([
    ['is told not to overlap steps', { SM_VLLM_NO_ASYNC_SCHEDULING: 'true' }],
    ['is told so the other way', { SM_VLLM_ASYNC_SCHEDULING: 'false' }],
    ['guesses from the prompt', { SM_VLLM_SPECULATIVE_CONFIG: '{"method":"ngram","num_speculative_tokens":2}' }],
  ])('is of one step where vLLM %s', (_name, variables) => {
    expect(concurrency('0.26.0', cache(variables))).toBeCloseTo(concurrency('0.25.0', cache(variables)), 6);
  });

  test('is of two steps again where vLLM is told to overlap them', () => {
    expect(concurrency('0.26.0', cache({ SM_VLLM_ASYNC_SCHEDULING: 'true' }))).toBe(concurrency('0.26.0', cache()));
    expect(concurrency('0.26.0', cache({ SM_VLLM_NO_ASYNC_SCHEDULING: 'false' }))).toBe(concurrency('0.26.0', cache()));
  });

  test('is of two steps with a draft model from 0.28 on', () => {
    const speculative = { method: 'draft_model', model: 'google/gemma-2-2b-it', tokens: 2, config: GEMMA2_2B };
    const drafted = (version: string, variables = {}) => concurrency(version, { ...cache(variables), speculative });
    expect(drafted('0.28.0')).toBe(drafted('0.28.0', { SM_VLLM_ASYNC_SCHEDULING: 'true' }));
    expect(drafted('0.27.1')).toBe(drafted('0.27.1', { SM_VLLM_ASYNC_SCHEDULING: 'false' }));
    expect(drafted('0.28.0')).toBeLessThan(drafted('0.27.1'));
  });

  test('does not matter to a model without windows', () => {
    const llama = (version: string) => concurrency(version, { ...cache(), model: { config: LLAMA_8B } });
    expect(llama('0.26.0')).toBe(llama('0.25.0'));
  });
});
