import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { makePlan } from '../../lib/plan';
import { touchedExperts } from '../../lib/plan/speed/streamed';
import { describeModel } from '../../lib/model';
import type { EndpointSpec, WorkloadSpec } from '../../lib/spec/types';

const llama = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14_336,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  num_hidden_layers: 32,
  vocab_size: 128_256,
  max_position_embeddings: 131_072,
  rope_theta: 500_000,
  torch_dtype: 'bfloat16',
};
const mixtral = {
  ...llama,
  architectures: ['MixtralForCausalLM'],
  model_type: 'mixtral',
  num_local_experts: 8,
  num_experts_per_tok: 2,
};
const chat: WorkloadSpec = { inputTokens: 1000, outputTokens: 200, concurrency: 1 };

function planOf(spec: Partial<EndpointSpec> = {}) {
  return makePlan(
    resolveEndpoint({
      model: { config: llama },
      container: { family: 'vllm' },
      instanceType: 'ml.p4de.24xlarge',
      region: 'us-west-2',
      workload: chat,
      ...spec,
      options: { maxModelLen: 8192, tensorParallelSize: 1, ...spec.options },
    }),
  );
}
const speedOf = (spec: Partial<EndpointSpec> = {}) => planOf(spec).estimate;

describe('a decoding step', () => {
  test('reads weights and cache once, at a part of the bandwidth', () => {
    const { interTokenMs } = speedOf();
    const weights = (8_030_261_248 - 128_256 * 4096) * 2;
    const cache = 131_072 * (1000 + 100);
    const reading = (weights + cache) / (2.039e12 * 0.84);
    expect(interTokenMs).toBeCloseTo((reading + 32 * 45e-6) * 1000 + 0.2, 3);
  });

  describe('of AWQ on vLLM before Marlin took it', () => {
    const step = (version: string, instanceType = 'ml.p4de.24xlarge') =>
      speedOf({ quantization: 'awq', container: { family: 'vllm', version }, instanceType }).interTokenMs as number;

    test('unpacks more slowly than an A100 delivers', () => {
      const beside = 32 * 72e-3 + 1.6;
      expect((step('0.5.2') - beside) / (step('0.5.3') - beside)).toBeCloseTo(0.84 / 0.37, 2);
    });

    test('keeps pace with GDDR', () => {
      expect(step('0.5.2', 'ml.g6e.xlarge')).toBeCloseTo(step('0.5.3', 'ml.g6e.xlarge'), 6);
    });
  });

  test('is shared by the sequences of a batch', () => {
    const one = speedOf();
    const eight = speedOf({ workload: { ...chat, concurrency: 8 } });
    expect(eight.interTokenMs).toBeLessThan((one.interTokenMs as number) * 1.3);
    expect(eight.outputTokensPerSecond).toBeGreaterThan((one.outputTokensPerSecond as number) * 4);
  });

  test('is bound by compute once the batch is large', () => {
    const large = { ...chat, inputTokens: 16, outputTokens: 16, concurrency: 256 };
    expect(speedOf({ workload: large }).bound).toBe('compute');
    expect(speedOf().bound).toBe('memory-bandwidth');
  });

  test('is bound by launches for a small model without graphs', () => {
    const small = { ...llama, hidden_size: 512, intermediate_size: 1024, num_attention_heads: 8, head_dim: 64 };
    expect(speedOf({ model: { config: small }, options: { enforceEager: true } }).bound).toBe('overhead');
  });

  test('is faster with fewer bits and with more accelerators', () => {
    const base = speedOf().interTokenMs as number;
    expect(speedOf({ quantization: 'awq' }).interTokenMs).toBeLessThan(base / 2);
    expect(speedOf({ options: { tensorParallelSize: 4 } }).interTokenMs).toBeLessThan(base / 2);
  });

  test('pays for its all-reduces, over PCIe more than over NVLink', () => {
    const tensor = (instanceType: string) =>
      speedOf({ instanceType, options: { tensorParallelSize: 4 } }).interTokenMs as number;
    const alone = (instanceType: string) => speedOf({ instanceType }).interTokenMs as number;
    const lost = (instanceType: string) => tensor(instanceType) - alone(instanceType) / 4;
    expect(lost('ml.g6e.12xlarge')).toBeGreaterThan(lost('ml.p4de.24xlarge'));
  });

  test('takes as long over pipeline stages as over one', () => {
    const staged = speedOf({ options: { pipelineParallelSize: 2 } }).interTokenMs as number;
    expect(staged).toBeGreaterThanOrEqual(speedOf().interTokenMs as number);
  });

  test.each([
    ['0.2.0', 300, 0],
    ['0.6.3', 72, 1.6],
    ['0.30.0', 45, 0.2],
  ])('takes vLLM %s %d µs a layer and %d ms beside its bytes', (version, microseconds, milliseconds) => {
    const slow = speedOf({ container: { family: 'vllm', version }, options: { maxNumSeqs: 256 } })
      .interTokenMs as number;
    const newest = speedOf().interTokenMs as number;
    expect(slow - newest).toBeCloseTo((32 * (microseconds - 45)) / 1000 + milliseconds - 0.2, 3);
  });

  test('reads no more of a window than the window', () => {
    const window = { ...llama, architectures: ['MistralForCausalLM'], model_type: 'mistral', sliding_window: 4096 };
    const long = { inputTokens: 60_000, outputTokens: 200, concurrency: 1 };
    const options = { maxModelLen: 65_536 };
    const limited = speedOf({ model: { config: window }, workload: long, options }).interTokenMs as number;
    expect(limited).toBeLessThan(speedOf({ workload: long, options }).interTokenMs as number);
  });
});

describe('experts', () => {
  test('are read as far as the batch chooses them', () => {
    const model = describeModel(mixtral);
    expect(touchedExperts(model, 1)).toBe(0.25);
    expect(touchedExperts(model, 2)).toBeCloseTo(1 - 0.75 ** 2);
    expect(touchedExperts(model, 1000)).toBeCloseTo(1);
    expect(touchedExperts(describeModel(llama), 1)).toBe(1);
  });

  test('make a batch dearer than a dense model’s', () => {
    const ratio = (config: object) => {
      const at = (concurrency: number) =>
        speedOf({
          model: { config: config as Record<string, unknown> },
          workload: { ...chat, concurrency },
          instanceType: 'ml.p5en.48xlarge',
        }).interTokenMs as number;
      return at(8) / at(1);
    };
    expect(ratio(mixtral)).toBeGreaterThan(ratio(llama) * 1.5);
  });
});

describe('the first token', () => {
  test('takes two operations a parameter and token, and attention’s', () => {
    const parameters = 8_030_261_248 - 128_256 * 4096;
    const work = 2 * parameters * 1000 + 2 * 1000 * 1000 * 4096 * 32;
    expect(speedOf().timeToFirstTokenMs).toBeCloseTo((work / (312e12 * 0.55) + 32 * 45e-6) * 1000 + 0.2, 2);
  });

  test('comes sooner with FP8 where the accelerator computes in it, and not where it does not', () => {
    const first = (instanceType: string, quantization?: string) =>
      speedOf({ instanceType, quantization, workload: { ...chat, inputTokens: 4000 } }).timeToFirstTokenMs as number;
    expect(first('ml.p5.48xlarge', 'fp8')).toBeLessThan(first('ml.p5.48xlarge') * 0.7);
    expect(first('ml.g5.12xlarge', 'fp8')).toBeGreaterThan(first('ml.g5.12xlarge') * 0.95);
  });

  test('of a short prompt takes a reading of the weights', () => {
    const { timeToFirstTokenMs, interTokenMs } = speedOf({ workload: { ...chat, inputTokens: 1 } });
    expect(timeToFirstTokenMs).toBeCloseTo(interTokenMs as number, 0);
  });
});

describe('throughput', () => {
  test('counts the prompts too', () => {
    const { timeToFirstTokenMs, interTokenMs, outputTokensPerSecond, requestsPerSecond } = speedOf();
    const seconds = ((timeToFirstTokenMs as number) + (interTokenMs as number) * 199) / 1000;
    expect(outputTokensPerSecond).toBeCloseTo(200 / seconds, 6);
    expect(requestsPerSecond).toBeCloseTo(1 / seconds, 6);
  });

  test('is limited by the server’s own sequences and by the cache', () => {
    const crowd = { ...chat, concurrency: 64 };
    const four = speedOf({ workload: crowd, options: { maxNumSeqs: 4 } });
    expect(four.outputTokensPerSecond).toBeCloseTo(
      speedOf({ workload: { ...chat, concurrency: 4 } }).outputTokensPerSecond as number,
      6,
    );
    const tight = planOf({
      workload: { inputTokens: 8000, outputTokens: 192, concurrency: 64 },
      instanceType: 'ml.g5.2xlarge',
    });
    const fits = Math.floor((tight.kvCacheTokens as number) / 8192);
    expect(fits).toBeGreaterThan(0);
    expect(fits).toBeLessThan(64);
    expect(tight.estimate.outputTokensPerSecond).toBeCloseTo(
      planOf({ workload: { inputTokens: 8000, outputTokens: 192, concurrency: fits }, instanceType: 'ml.g5.2xlarge' })
        .estimate.outputTokensPerSecond as number,
      6,
    );
  });

  test('of what does not fit is not known', () => {
    expect(speedOf({ instanceType: 'ml.g4dn.xlarge' })).toEqual({
      timeToFirstTokenMs: null,
      interTokenMs: null,
      outputTokensPerSecond: null,
      requestsPerSecond: null,
      bound: null,
    });
  });

  test.each([
    [
      'on a CPU',
      { container: { family: 'llama-cpp' as const }, quantization: 'gguf:Q4_K_M', instanceType: 'ml.c7g.8xlarge' },
    ],
    ['on Neuron', { container: { family: 'hf-vllm-neuron' as const }, instanceType: 'ml.inf2.48xlarge' }],
    ['of an unknown engine', { container: undefined }],
    [
      'of a part whose speed is not published',
      { instanceType: 'ml.g7.2xlarge', workload: { ...chat, inputTokens: 100 } },
    ],
    ['with a cache format nobody knows', { options: { kvCacheDtype: 'turboquant_4' } }],
  ])('%s is not known', (_name, spec) => {
    expect(speedOf(spec as Partial<EndpointSpec>).outputTokensPerSecond).toBeNull();
  });

  test('of an encoder is its answers', () => {
    const bert = {
      architectures: ['BertModel'],
      model_type: 'bert',
      hidden_size: 768,
      intermediate_size: 3072,
      num_attention_heads: 12,
      num_hidden_layers: 12,
      vocab_size: 30_522,
      max_position_embeddings: 512,
    };
    const { requestsPerSecond, timeToFirstTokenMs, interTokenMs } = speedOf({
      model: { config: bert },
      options: { maxModelLen: 512 },
    });
    expect(requestsPerSecond).toBeCloseTo(1000 / (timeToFirstTokenMs as number), 6);
    expect(interTokenMs).toBeNull();
  });

  test('is that of a chat where the spec says no workload', () => {
    expect(speedOf({ workload: undefined })).toEqual(
      speedOf({ workload: { inputTokens: 1024, outputTokens: 256, concurrency: 1 } }),
    );
  });
});

describe('llama.cpp', () => {
  const perByte = (quantization: string, instanceType: string) => {
    const model = { config: { ...llama, num_hidden_layers: 16 } };
    const parts = {
      model,
      container: { family: 'llama-cpp' as const },
      quantization,
      instanceType,
      options: { slots: 1 },
    };
    const launches = 16 * 0.08;
    return ((speedOf(parts).interTokenMs as number) - launches) / (planOf(parts).memory.weights as number);
  };
  const asPlain = (quantization: string, instanceType: string) =>
    perByte(quantization, instanceType) / perByte('gguf:F16', instanceType);

  test('unpacks blocks more slowly than it reads plain weights where the units are few', () => {
    expect(asPlain('gguf:Q8_0', 'ml.g4dn.xlarge')).toBeCloseTo(0.84 / 0.7, 1);
    expect(asPlain('gguf:Q8_0', 'ml.g6e.xlarge')).toBeCloseTo(1, 1);
  });

  test('asks stacked memory for less than it could give, and least for plain weights', () => {
    expect(asPlain('gguf:Q4_K_M', 'ml.p4d.24xlarge')).toBeCloseTo(0.55 / 0.6, 1);
    expect(asPlain('gguf:Q8_0', 'ml.p5.4xlarge')).toBeCloseTo(0.55 / 0.75, 1);
  });
});

describe('cost', () => {
  test('of a million tokens follows from price and speed', () => {
    const { cost, estimate } = planOf({ instanceType: 'ml.g5.12xlarge', options: { tensorParallelSize: 4 } });
    expect(cost.usdPerHour).toBe(7.09);
    expect(cost.usdPerMillionOutputTokens).toBeCloseTo(
      (7.09 / ((estimate.outputTokensPerSecond as number) * 3600)) * 1e6,
      6,
    );
    expect(cost.priceDate).not.toBeNull();
    expect(cost.priceSource).not.toBeNull();
  });

  test('is shared by the copies on an instance', () => {
    const spec = { instanceType: 'ml.g5.12xlarge', options: { tensorParallelSize: 2 } };
    const one = planOf(spec).cost.usdPerMillionOutputTokens as number;
    const two = planOf({ ...spec, endpoint: { copyCount: 2 } }).cost.usdPerMillionOutputTokens as number;
    expect(two).toBeCloseTo(one / 2, 6);
  });

  test('without a price, a region or a speed is not known', () => {
    expect(planOf({ region: undefined }).cost).toEqual({
      usdPerHour: null,
      usdPerMillionOutputTokens: null,
      priceDate: null,
      priceSource: null,
    });
    expect(planOf({ region: 'mx-central-1' }).cost.usdPerHour).toBeNull();
    expect(planOf({ instanceType: 'ml.g4dn.xlarge' }).cost).toMatchObject({
      usdPerHour: 0.7364,
      usdPerMillionOutputTokens: null,
    });
  });
});
