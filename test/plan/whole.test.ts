import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { findInstance } from '../../lib/hardware';
import { makePlan, planMemory, setCorrections } from '../../lib/plan';
import { LLAMA2_7B, LLAMA_8B } from '../../lib/rules/helpers/samples';
import type { EndpointSpec } from '../../lib/spec/types';

const plan = (spec: EndpointSpec) => makePlan(resolveEndpoint(spec));
const usable = findInstance('ml.g5.xlarge')!.accelerator!.memoryBytesUsable;
const endpoint: EndpointSpec = {
  model: { config: LLAMA_8B },
  container: { family: 'vllm' },
  instanceType: 'ml.g5.2xlarge',
  region: 'us-east-1',
  options: { maxModelLen: 8192 },
  workload: { inputTokens: 512, outputTokens: 128, concurrency: 4 },
};

describe('what is known of the memory', () => {
  test('without a model is what the accelerator has', () => {
    for (const model of [{ id: 'a/b' }, {}]) {
      const resolved = resolveEndpoint({ model, instanceType: 'ml.g5.xlarge' });
      expect(planMemory(resolved).memory).toMatchObject({ total: usable, weights: null, kvCache: null });
      expect(makePlan(resolved).memory).toMatchObject({ total: usable, weights: null });
    }
    for (const instanceType of [undefined, 'ml.m5.xlarge', 'ml.x9.huge'])
      expect(planMemory(resolveEndpoint({ model: {}, instanceType })).memory.total).toBeNull();
  });

  test('of a container that nobody knows are weights and the size of a token', () => {
    const of = (rest: Partial<EndpointSpec>) =>
      plan({ model: { config: LLAMA2_7B }, container: { family: 'custom' }, instanceType: 'ml.g5.xlarge', ...rest });
    const known = of({});
    expect(known.memory).toMatchObject({ total: usable, usable: null, kvCache: null });
    expect(known.memory.weights! / 13.48e9).toBeCloseTo(1, 1);
    // 32 layers, 32 heads of 128, keys and values, 2 bytes.
    expect(known.kvBytesPerToken).toBe(32 * 32 * 128 * 2 * 2);
    expect(of({ instanceType: 'ml.m5.xlarge' }).memory.total).toBeNull();
    expect(of({ instanceType: undefined }).memory.total).toBeNull();
    // A GGUF is read by servers of which we know how they load it.
    expect(of({ quantization: 'gguf:Q4_K_M' }).memory.weights).toBeNull();
  });
});

describe('the speed that is planned', () => {
  afterEach(() => setCorrections([]));

  test('follows a correction of the same model, container and instance', () => {
    const spec = { ...endpoint, model: { id: 'org/model', config: LLAMA_8B } };
    const before = plan(spec).estimate;
    setCorrections([
      {
        ...{ model: 'org/model', scheme: 'none', instanceType: 'ml.g5.2xlarge', container: 'vllm' },
        ...{ timeToFirstToken: 2, interToken: 3, measuredAt: '2026-01-02T03:04:05.000Z' },
      },
    ]);
    const after = plan(spec).estimate;
    expect(after.timeToFirstTokenMs! / before.timeToFirstTokenMs!).toBeCloseTo(2, 6);
    expect(after.interTokenMs! / before.interTokenMs!).toBeCloseTo(3, 6);
  });

  test('costs what the instance does, for all its copies', () => {
    const one = plan(endpoint).cost;
    const two = plan({ ...endpoint, endpoint: { copyCount: 2 } }).cost;
    expect(one.usdPerHour).toBeGreaterThan(0.5);
    expect(two.usdPerMillionOutputTokens! / one.usdPerMillionOutputTokens!).toBeCloseTo(0.5, 6);
  });

  test.each<[string, Partial<EndpointSpec>]>([
    ['region', { region: 'nowhere-1' }],
    ['instance', { instanceType: undefined }],
    ['type', { instanceType: 'ml.x9.huge' }],
  ])('costs what nobody knows without a %s', (_, rest) => {
    expect(plan({ ...endpoint, ...rest }).cost).toMatchObject({ usdPerHour: null, usdPerMillionOutputTokens: null });
  });

  test('costs nothing for tokens where the speed is not known', () => {
    const { cost, estimate } = plan({ ...endpoint, model: { id: 'a/b' } });
    expect(estimate.outputTokensPerSecond).toBeNull();
    expect(cost.usdPerMillionOutputTokens).toBeNull();
    expect(cost.usdPerHour).toBeGreaterThan(0.5);
  });
});
