import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { findPrice } from '../../lib/hardware';
import { priceKey } from '../../lib/hardware/prices';
import { describeModel } from '../../lib/model';
import { concurrencyByContext, costEstimate, makePlan, planMemory } from '../../lib/plan';
import { kvCapacity } from '../../lib/plan/kv/capacity';
import { kvElementBytes } from '../../lib/plan/kv/dtype';
import type { KvGroup } from '../../lib/plan/kv/groups';
import { remembered } from '../../lib/plan/remember';
import { subjectOf } from '../../lib/plan/subject';
import { LLAMA_8B, quantized, type Json } from '../../lib/rules/helpers/samples';
import { parseScheme } from '../../lib/scheme';
import type { EndpointSpec } from '../../lib/spec/types';

const resolved = (parts: Partial<EndpointSpec>, config: Json = LLAMA_8B) =>
  resolveEndpoint({ model: { config }, ...parts });

describe('the cost of a million tokens', () => {
  const hour = findPrice('ml.g5.2xlarge', 'us-east-1')?.usdPerHour as number;
  test.each([
    [null, null],
    [0, null],
    [-1, null],
    [1, (hour / 3600) * 1e6],
    [250, (hour / 3600 / 250) * 1e6],
  ])('at %p tokens a second is %p', (perSecond, expected) => {
    const cost = costEstimate('ml.g5.2xlarge', 'us-east-1', perSecond);
    expect(cost.usdPerHour).toBe(hour);
    if (expected === null) expect(cost.usdPerMillionOutputTokens).toBeNull();
    else expect(cost.usdPerMillionOutputTokens).toBeCloseTo(expected, 6);
  });

  test.each([
    [undefined, 'us-east-1'],
    ['ml.g5.2xlarge', undefined],
    ['ml.g5.2xlarge', 'eu-west-9'],
  ])('of %p in %p is not known', (type, region) => {
    expect(costEstimate(type, region, 10)).toEqual({
      usdPerHour: null,
      usdPerMillionOutputTokens: null,
      priceDate: null,
      priceSource: null,
    });
  });

  test('is that of the prices given, which name their date and source', () => {
    const price = { usdPerHour: 36, region: 'us-east-1', date: '2026-02-03', source: 'given' };
    const prices = new Map([[priceKey('ml.g5.2xlarge', 'us-east-1'), price]]);
    expect(costEstimate('ml.g5.2xlarge', 'us-east-1', 1000, prices)).toEqual({
      usdPerHour: 36,
      usdPerMillionOutputTokens: 10,
      priceDate: '2026-02-03',
      priceSource: 'given',
    });
  });
});

describe('contexts of the concurrency', () => {
  const contexts = (longest: number | undefined, maxModelLen?: number) =>
    concurrencyByContext(
      resolved(
        { container: { family: 'vllm' }, instanceType: 'ml.g5.2xlarge', options: { maxModelLen } },
        { ...LLAMA_8B, max_position_embeddings: longest },
      ),
    ).map(({ context }) => context);

  test.each([
    [300, [300]],
    [511, [511]],
    [512, [512]],
    [513, [512, 513]],
    [1024, [512, 1024]],
    [3000, [512, 1024, 2048, 3000]],
  ])('end at %p, the model’s longest', (longest, expected) => {
    expect(contexts(longest)).toEqual(expected);
    expect(contexts(longest, 400)).toEqual(expected);
  });

  test('are each planned as if it were asked for', () => {
    const parts = { container: { family: 'vllm' }, instanceType: 'ml.g5.2xlarge' } as const;
    for (const { context, concurrency } of concurrencyByContext(resolved(parts)))
      expect(makePlan(resolved({ ...parts, options: { maxModelLen: context } })).maxConcurrency).toBe(concurrency);
  });
});

test.each<[string, EndpointSpec]>([
  ['vLLM', { model: { config: LLAMA_8B }, container: { family: 'vllm' }, instanceType: 'ml.g5.12xlarge' }],
  ['SGLang', { model: { config: LLAMA_8B }, container: { family: 'sglang' }, instanceType: 'ml.g5.12xlarge' }],
  [
    'TensorRT-LLM',
    { model: { config: LLAMA_8B }, container: { family: 'lmi-trtllm' }, instanceType: 'ml.p5.48xlarge' },
  ],
  ['Neuron', { model: { config: LLAMA_8B }, container: { family: 'hf-vllm-neuron' }, instanceType: 'ml.inf2.8xlarge' }],
  ['nothing known', { model: { config: LLAMA_8B } }],
  ['no model', { model: { weightBytes: 5 }, instanceType: 'ml.g5.2xlarge' }],
])('memory alone is that of the whole plan, for %s', (_, spec) => {
  const endpoint = resolveEndpoint(spec);
  expect(makePlan(endpoint)).toMatchObject(planMemory(endpoint));
});

describe('what a plan is made of', () => {
  const subject = (parts: Partial<EndpointSpec>, config: Json = LLAMA_8B) =>
    subjectOf(resolved(parts, config), describeModel(config));

  test.each([
    [undefined, undefined, 2],
    ['float32', undefined, 4],
    ['float16', undefined, 2],
    [undefined, 'fp32', 4],
    ['bfloat16', 'fp32', 2],
    [undefined, 'bf16', 2],
  ])('dtype %p of scheme %p has elements of %p bytes', (dtype, quantization, bytes) => {
    const { elementBytes, kvElementBytes, loader } = subject({ options: { dtype }, quantization });
    expect([elementBytes, kvElementBytes, loader.plainBytes]).toEqual([bytes, bytes, bytes]);
  });

  test.each<[string, Json, string | undefined, number | undefined]>([
    ['no scales', {}, undefined, 2],
    ['a compressed-tensors scheme of 8 bits', { kv_cache_scheme: { num_bits: 8 } }, undefined, 1],
    ['a scheme of 4 bits, which nobody reads', { kv_cache_scheme: { num_bits: 4 } }, undefined, 2],
    ['a scheme of null', { kv_cache_scheme: null }, undefined, 2],
    ['scales, and another dtype asked for', { kv_cache_scheme: { num_bits: 8 } }, 'bfloat16', 2],
    ['a dtype that nobody knows', {}, 'turbo3', undefined],
  ])('with %s', (_, parts, kvCacheDtype, bytes) => {
    const config = quantized(LLAMA_8B, { quant_method: 'compressed-tensors', config_groups: {}, ...parts });
    expect(subject({ options: { kvCacheDtype } }, config).kvElementBytes).toBe(bytes);
  });

  test.each<[string, Json, number]>([
    ['nested', { quantization: { quant_algo: 'FP8', kv_cache_quant_algo: 'FP8' } }, 1],
    ['flat', { quant_algo: 'FP8', kv_cache_quant_algo: 'fp8' }, 1],
    ['of another algorithm', { quant_algo: 'FP8', kv_cache_quant_algo: 'NVFP4' }, 2],
    ['of none', { quant_algo: 'FP8', kv_cache_quant_algo: null }, 2],
  ])('ModelOpt’s cache, %s', (_, parts, bytes) => {
    expect(subject({}, quantized(LLAMA_8B, { quant_method: 'modelopt', ...parts })).kvElementBytes).toBe(bytes);
  });

  test.each([
    ['ml.p5.48xlarge', true],
    ['ml.p4d.24xlarge', true],
    ['ml.g5.12xlarge', false],
    ['ml.g6e.12xlarge', false],
    [undefined, false],
  ])('on %p NVLink is %p', (instanceType, expected) => {
    expect(subject({ instanceType }).hasNvlink).toBe(expected);
  });

  test.each([
    [undefined, undefined],
    [{ enableLora: false, maxLoras: 3 }, undefined],
    [
      { enableLora: true, maxLoras: 3, maxLoraRank: 32 },
      { count: 3, rank: 32 },
    ],
  ])('adapters of %p take room for %p', (options, loras) => {
    expect(subject({ options }).loader.loras).toEqual(loras);
  });
});

describe('a figure that is remembered', () => {
  const model = describeModel(LLAMA_8B);
  const awq = parseScheme('awq');

  test('is worked out once for a model, a scheme and a key, also where it is undefined or null', () => {
    for (const value of [7, null, undefined]) {
      const compute = jest.fn(() => value);
      for (let i = 0; i < 3; i++) expect(remembered(model, awq, `once ${value}`, compute)).toBe(value);
      expect(compute).toHaveBeenCalledTimes(1);
    }
  });

  test('is not that of another model, scheme or key', () => {
    expect(remembered(model, awq, 'own', () => 1)).toBe(1);
    expect(remembered(describeModel(LLAMA_8B), awq, 'own', () => 2)).toBe(2);
    expect(remembered(model, parseScheme('gptq'), 'own', () => 3)).toBe(3);
    expect(remembered(model, awq, 'other', () => 4)).toBe(4);
    expect(remembered(model, awq, 'own', () => 5)).toBe(1);
  });

  test('is right beyond what is remembered', () => {
    const other = describeModel(LLAMA_8B);
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < 1100; i++) expect(remembered(other, awq, `key ${i}`, () => i)).toBe(i);
  });
});

describe('the cache of one kind of layer', () => {
  const group = (parts: Partial<KvGroup>): KvGroup => ({
    kind: 'full',
    layers: 1,
    bytesPerToken: 1,
    stateBytes: 0,
    ...parts,
  });
  /** Sequences of 1,600 tokens, 100 blocks, that 1,200 blocks hold. */
  const concurrency = (parts: Partial<KvGroup>, hybrid: boolean) =>
    kvCapacity([group(parts)], 1200 * 16, 1600, { blockTokens: 16, stepTokens: 16, hybrid, countsConcurrency: false })
      .concurrency;

  test.each<[string, Partial<KvGroup>, boolean, number]>([
    ['everything, without a window', {}, true, 12],
    ['everything, where windows do not count', { kind: 'sliding', window: 17 }, false, 12],
    ['a window but for the token itself, with a step', { kind: 'sliding', window: 17 }, true, 400],
    ['a whole chunk, with a step', { kind: 'chunked', window: 17 }, true, 300],
  ])('keeps %s', (_, parts, hybrid, expected) => {
    expect(concurrency(parts, hybrid)).toBe(expected);
  });

  test.each([
    [15, 0],
    [16, 16],
    [31, 16],
    [32, 32],
  ])('in %i bytes has a longest context of %i tokens', (bytes, expected) => {
    const paging = { blockTokens: 16, stepTokens: 16, hybrid: true, countsConcurrency: false };
    expect(kvCapacity([group({})], bytes, 16, paging).largestContext).toBe(expected);
  });
});

test.each([
  ['auto', 2],
  ['bfloat16', 2],
  ['bf16', 2],
  ['float16', 2],
  ['fp16', 2],
  ['half', 2],
  ['float32', 4],
  ['fp32', 4],
  ['int8', 1],
  ['fp8_e5m2', 1],
  ['nvfp4', 0.5625],
  ['fp4_e2m1', 0.5625],
  ['turbo3', undefined],
])('a cached element of %s takes %p bytes, whatever the model’s', (dtype, bytes) => {
  expect(kvElementBytes(dtype, 2)).toBe(bytes);
  expect(kvElementBytes(dtype.toUpperCase(), dtype === 'auto' ? 2 : 4)).toBe(bytes);
});
