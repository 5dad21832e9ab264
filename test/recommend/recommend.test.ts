import { findInstance, isOffered, priceKey, type Price } from '../../lib/hardware';
import { HOURS_PER_MONTH } from '../../lib/plan';
import { breakEvenOf, endpointBreakEven, guidedSchemes, recommend, type Candidate } from '../../lib/recommend';
import { describeModel } from '../../lib/model';
import { check, planAnswer } from '../../lib/rules';
import type { EndpointSpec, WorkloadSpec } from '../../lib/spec/types';
import { T5_LARGE } from './fixtures';

const config = {
  architectures: ['Qwen2ForCausalLM'],
  model_type: 'qwen2',
  hidden_size: 3584,
  intermediate_size: 18_944,
  num_attention_heads: 28,
  num_key_value_heads: 4,
  num_hidden_layers: 28,
  vocab_size: 152_064,
  max_position_embeddings: 32_768,
  rope_theta: 1_000_000,
  torch_dtype: 'bfloat16',
};

const chat: WorkloadSpec = { inputTokens: 1024, outputTokens: 256, concurrency: 8 };

function specFor(rest: Partial<EndpointSpec> = {}): EndpointSpec {
  return { model: { id: 'Qwen/Qwen2.5-7B-Instruct', config }, region: 'us-east-1', workload: chat, ...rest };
}

describe('a recommendation', () => {
  const recommendation = recommend(specFor());

  test('ranks by cost, what is known before what is not', () => {
    const known = recommendation.candidates.filter(
      ({ usdPerHour, requestsPerSecond }) => usdPerHour !== null && requestsPerSecond !== null,
    );
    expect(known.length).toBeGreaterThan(10);
    expect(recommendation.candidates.slice(0, known.length)).toEqual(known);
    for (let i = 1; i < known.length; i++)
      expect(known[i].usdPerHour as number).toBeGreaterThanOrEqual(known[i - 1].usdPerHour as number);
    expect(recommendation.candidates.map(({ rank }) => rank)).toEqual(recommendation.candidates.map((_, i) => i + 1));
  });

  test('takes nothing that a rule calls an error', () => {
    for (const { spec } of recommendation.candidates.slice(0, 40)) {
      expect(check(spec).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    }
  });

  test('takes nothing that does not fit or is not offered', () => {
    for (const { plan, instanceType } of recommendation.candidates) {
      if (plan.maxConcurrency !== null) expect(plan.maxConcurrency).toBeGreaterThanOrEqual(1);
      const instance = findInstance(instanceType);
      expect(instance && isOffered(instance, 'us-east-1')).not.toBe(false);
    }
  });

  test('gives a reason in words for each combination that was not taken', () => {
    expect(recommendation.rejected.length).toBeGreaterThan(100);
    for (const { reason, message } of recommendation.rejected) {
      expect(reason).toMatch(/^[A-Z0-9_]+$/);
      expect(message.length).toBeGreaterThan(20);
    }
    expect(recommendation.rejected.some(({ reason }) => /FIT/.test(reason))).toBe(true);
  });

  test('has enough instances for the concurrency, and says what they cost together', () => {
    for (const candidate of recommendation.candidates.slice(0, 40)) {
      expect(candidate.instances * candidate.concurrency).toBeGreaterThanOrEqual(8);
      if (candidate.usdPerHour === null) continue;
      expect(candidate.usdPerMonth).toBeCloseTo(candidate.usdPerHour * HOURS_PER_MONTH);
      expect(candidate.usdPerHour).toBeCloseTo((candidate.plan.cost.usdPerHour as number) * candidate.instances);
    }
  });

  test('starts with the most careful scheme of the guide that serves the workload', () => {
    expect(recommendation.startWith?.quantization).toBe('none');
  });

  test('is the same every time', () => {
    expect(JSON.stringify(recommend(specFor()))).toBe(JSON.stringify(recommendation));
  });
});

describe('every way to serve is looked at', () => {
  const llama = { model: { id: 'meta-llama/Meta-Llama-3.1-8B' }, region: 'us-east-1', workload: chat };

  test('Inferentia, with the driver that its image needs, compiled for a batch and a length', () => {
    const { candidates } = recommend(llama);
    const sixteen = candidates.find(({ container }) => container === 'hf-vllm-neuron');
    expect(sixteen).toMatchObject({ quantization: 'none', concurrency: 4, instances: 2 });
    expect(sixteen?.spec.options).toMatchObject({ sequenceLength: 2048, batchSize: 4 });
    expect(sixteen?.spec.endpoint?.inferenceAmiVersion).toMatch(/neuron/);
    const eight = candidates.filter(({ quantization }) => quantization === 'neuron-int8');
    expect(new Set(eight.map(({ container }) => container))).toEqual(new Set(['lmi-neuron', 'vllm-neuron']));
    for (const { spec } of [...eight, sixteen as Candidate])
      expect(check(spec).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('llama.cpp, with a slot for each request, of the whole context each', () => {
    const { candidates } = recommend(llama);
    const gguf = candidates.find(({ container, plan }) => container === 'llama-cpp' && plan.estimate.bound !== null);
    expect(gguf).toMatchObject({ instances: 1, concurrency: 8, warnings: [] });
    expect(gguf?.spec.options).toMatchObject({ slots: 8, maxModelLen: 8 * 2048 });
  });

  test('llama.cpp with fewer slots where goals allow no more', () => {
    const spec = { ...llama, quantization: 'gguf:Q8_0', instanceType: 'ml.g6.2xlarge' };
    const [alone] = recommend({ ...spec, workload: { ...chat, concurrency: 1 } }).candidates;
    const goal = (alone.interTokenMs as number) + 1;
    const [best] = recommend({ ...spec, workload: { ...chat, maxInterTokenMs: goal } }).candidates;
    expect(best.concurrency).toBeLessThan(8);
    expect(best.spec.options?.slots).toBe(best.concurrency);
    expect(best.instances).toBe(Math.ceil(8 / best.concurrency));
  });

  test('LMI with as many requests at once as vLLM, which is in it', () => {
    const spec = {
      ...llama,
      quantization: 'fp8',
      instanceType: 'ml.g6e.2xlarge',
      workload: { ...chat, concurrency: 96 },
    };
    for (const { container, concurrency, warnings, spec: own } of recommend(spec).candidates) {
      expect({ container, concurrency, warnings }).toEqual({ container, concurrency: 96, warnings: [] });
      expect(own.options?.maxNumSeqs).toBe(container === 'lmi' ? 96 : undefined);
    }
  });

  test('TensorRT-LLM for encoders with a decoder, which nothing else serves', () => {
    const { candidates } = recommend({ model: { config: T5_LARGE }, region: 'us-east-1', workload: chat });
    expect(new Set(candidates.map(({ container }) => container))).toEqual(new Set(['lmi-trtllm']));
  });

  test('and what is recommended is planned again as it was ranked', () => {
    const { candidates } = recommend({ ...llama, workload: { ...chat, concurrency: 40, maxInterTokenMs: 30 } });
    const several = candidates.filter(({ instances, usdPerHour }) => instances > 1 && usdPerHour !== null);
    expect(several.length).toBeGreaterThan(10);
    for (const { spec, plan, warnings } of several.slice(0, 30)) {
      const { findings, ...again } = planAnswer(spec);
      expect(again).toMatchObject({ estimate: plan.estimate, memory: plan.memory, cost: plan.cost });
      expect(findings.map(({ message }) => message)).toEqual(warnings);
    }
  });
});

describe('goals', () => {
  test('of latency leave out what is slower', () => {
    const { candidates, rejected } = recommend(
      specFor({ workload: { ...chat, maxInterTokenMs: 20, maxTimeToFirstTokenMs: 300 } }),
    );
    expect(candidates.length).toBeGreaterThan(0);
    for (const { interTokenMs, timeToFirstTokenMs } of candidates) {
      expect(interTokenMs).toBeLessThanOrEqual(20);
      expect(timeToFirstTokenMs).toBeLessThanOrEqual(300);
    }
    const slow = rejected.find(({ reason }) => reason === 'TOO_SLOW');
    expect(slow?.message).toContain('ms');
  });

  test('of cost leave out what is dearer, and what has no price', () => {
    const { candidates, rejected } = recommend(specFor({ workload: { ...chat, maxUsdPerMonth: 1200 } }));
    expect(candidates.length).toBeGreaterThan(0);
    for (const { usdPerMonth } of candidates) expect(usdPerMonth).toBeLessThanOrEqual(1200);
    const messages = rejected.filter(({ reason }) => reason === 'OVER_BUDGET').map(({ message }) => message);
    expect(messages.some((message) => message.includes('no price is known'))).toBe(true);
    expect(messages.some((message) => message.includes('a month'))).toBe(true);
  });

  test('of requests a second take as many instances as they need', () => {
    const { candidates } = recommend(specFor({ workload: { ...chat, concurrency: 1, requestsPerSecond: 40 } }));
    const best = candidates[0];
    expect(best.instances).toBeGreaterThan(1);
    expect(best.instances * (best.requestsPerSecond as number)).toBeGreaterThanOrEqual(40);
  });

  test('that nothing meets leave nothing', () => {
    const { candidates, startWith, breakEven } = recommend(specFor({ workload: { ...chat, maxUsdPerHour: 0.01 } }));
    expect(candidates).toEqual([]);
    expect(startWith).toBeNull();
    expect(breakEven).toBeNull();
  });
});

describe('what the spec fixes is not varied', () => {
  test('an instance, a scheme, a container, a degree of parallelism', () => {
    const fixed = specFor({
      instanceType: 'ml.g5.12xlarge',
      quantization: 'awq',
      container: { family: 'vllm' },
      options: { tensorParallelSize: 2 },
    });
    const { candidates } = recommend(fixed);
    expect(candidates).toHaveLength(1);
    expect(candidates[0]).toMatchObject({ instanceType: 'ml.g5.12xlarge', quantization: 'awq', tensorParallelSize: 2 });
  });

  test('a checkpoint that is quantized already', () => {
    const quantized = {
      ...config,
      quantization_config: { quant_method: 'awq', bits: 4, group_size: 128, zero_point: true },
    };
    const { candidates } = recommend(specFor({ model: { config: quantized } }));
    expect(candidates.length).toBeGreaterThan(0);
    expect(new Set(candidates.map(({ quantization }) => quantization))).toEqual(new Set(['checkpoint']));
    expect(candidates[0].spec.quantization).toBeUndefined();
  });
});

test('without a config there is nothing to recommend, and it says so', () => {
  expect(() => recommend({ model: { id: 'a/b' } })).toThrow(expect.objectContaining({ id: 'RECOMMEND_NEEDS_CONFIG' }));
});

test('where a region has no price, what likely costs least comes first', () => {
  const { candidates, rejected } = recommend(specFor({ region: 'eu-west-3' }));
  expect(candidates.every(({ usdPerHour }) => usdPerHour === null)).toBe(true);
  expect(candidates[0].instanceType).toMatch(/^ml\.g(4dn|5|6)\.2?xlarge$/);
  expect(candidates.findIndex(({ instanceType }) => instanceType.startsWith('ml.p'))).toBeGreaterThan(100);
  expect(rejected.length).toBeGreaterThan(0);
  const limited = recommend(specFor({ region: 'eu-west-3', workload: { ...chat, maxUsdPerMonth: 900 } }));
  expect(limited.rejected.find(({ reason }) => reason === 'OVER_BUDGET')?.message).toContain(
    'qe prices --region eu-west-3',
  );
});

test('prices that were fetched win over those that ship', () => {
  const price: Price = { usdPerHour: 0.001, region: 'us-east-1', date: '2026-11-23', source: 'test' };
  const prices = new Map([[priceKey('ml.p5.48xlarge', 'us-east-1'), price]]);
  const { candidates, priceDates } = recommend(specFor(), { prices });
  expect(candidates[0].instanceType).toBe('ml.p5.48xlarge');
  expect(priceDates).toContain('2026-11-23');
});

describe('the guide', () => {
  test.each([
    ['a decoder: eight bits before four', config, 'fp8', 'awq'],
    [
      'an encoder-decoder: SmoothQuant first',
      {
        architectures: ['T5ForConditionalGeneration'],
        model_type: 't5',
        d_model: 512,
        d_kv: 64,
        d_ff: 2048,
        num_layers: 6,
        num_heads: 8,
        vocab_size: 32_128,
        is_encoder_decoder: true,
      },
      'smoothquant',
      'fp8',
    ],
  ])('orders schemes for %s', (_name, model, before, after) => {
    const schemes = guidedSchemes(describeModel(model));
    expect(schemes.indexOf(before)).toBeGreaterThanOrEqual(0);
    expect(schemes.indexOf(before)).toBeLessThan(schemes.indexOf(after));
  });
});

describe('break-even', () => {
  const [template] = recommend(specFor()).candidates;
  const option = (instanceType: string, usdPerHour: number | null, requestsPerSecond: number | null): Candidate => ({
    ...template,
    instanceType,
    instances: 1,
    usdPerHour,
    requestsPerSecond,
  });

  test('is where so many of the cheaper cost as much', () => {
    const chosen = option('dear', 5, 30);
    const cheap = option('cheap', 2, 4);
    // Three cheap ones cost 6: they are needed once two are full.
    expect(breakEvenOf(chosen, [chosen, cheap])).toMatchObject({
      requestsPerSecond: 8,
      cheaper: { instanceType: 'cheap' },
    });
  });

  test('is against the next cheaper, not the cheapest', () => {
    const chosen = option('dear', 5, 30);
    expect(breakEvenOf(chosen, [option('a', 1, 1), option('b', 3, 5), chosen])?.cheaper.instanceType).toBe('b');
  });

  test('does not exist where a request never costs less', () => {
    const answer = breakEvenOf(option('dear', 10, 2), [option('cheap', 1, 2)]);
    expect(answer?.requestsPerSecond).toBeNull();
    expect(answer?.message).toContain('never costs less');
  });

  test('says what the dearer is worth its price for', () => {
    const cheap = option('cheap', 1, 2);
    const dear = option('dear', 10, 2);
    const said = (chosen: Candidate) => breakEvenOf(chosen, [cheap])?.message;
    expect(said(dear)).toContain('is no faster and keeps no more of the weights');
    expect(said({ ...dear, interTokenMs: 1 })).toMatch(/only for its latency$/);
    const heavier = { ...dear.plan, checkpointBytes: 2 * (dear.plan.checkpointBytes as number) };
    expect(said({ ...dear, plan: heavier })).toMatch(/only for the precision of its weights$/);
  });

  test('is not known without prices or speeds, or without anything cheaper', () => {
    expect(breakEvenOf(option('x', null, 1), [option('cheap', 1, 1)])).toBeNull();
    expect(breakEvenOf(option('x', 5, null), [option('cheap', 1, 1)])).toBeNull();
    expect(breakEvenOf(option('x', 5, 1), [option('same', 5, 1), option('unknown', null, 1)])).toBeNull();
  });

  test('of an endpoint is against another way to serve its model', () => {
    const answer = endpointBreakEven(
      specFor({
        instanceType: 'ml.g5.12xlarge',
        quantization: 'none',
        container: { family: 'vllm' },
        options: { tensorParallelSize: 4 },
      }),
    );
    expect(answer?.cheaper.usdPerHour).toBeLessThan(7.09);
    expect(endpointBreakEven({ model: { config } })).toBeNull();
  });
});
