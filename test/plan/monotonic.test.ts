import fc from 'fast-check';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import type { ResolvedEndpoint } from '../../lib/endpoint/types';
import { makePlan, type Plan } from '../../lib/plan';
import type { ContainerFamily, EndpointSpec, ServingOptions } from '../../lib/spec/types';

const SEED = 20261123;
const runs = { seed: SEED, numRuns: 150 };

/** Decoders of any size a config can describe: grouped and full attention, windows, experts, tied heads. */
const config = fc
  .record({
    layers: fc.integer({ min: 1, max: 60 }),
    kvHeads: fc.constantFrom(1, 2, 4, 8, 16),
    groups: fc.constantFrom(1, 2, 4, 8),
    headDim: fc.constantFrom(64, 96, 128, 256),
    width: fc.integer({ min: 2, max: 64 }),
    vocab: fc.integer({ min: 1000, max: 260_000 }),
    context: fc.constantFrom(2048, 4096, 32_768, 131_072),
    tied: fc.boolean(),
    experts: fc.option(fc.constantFrom(8, 64, 128), { nil: undefined }),
  })
  .map(({ layers, kvHeads, groups, headDim, width, vocab, context, tied, experts }) => ({
    architectures: [experts === undefined ? 'LlamaForCausalLM' : 'MixtralForCausalLM'],
    model_type: experts === undefined ? 'llama' : 'mixtral',
    hidden_size: kvHeads * groups * headDim,
    num_hidden_layers: layers,
    num_attention_heads: kvHeads * groups,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    intermediate_size: width * 256,
    vocab_size: vocab,
    max_position_embeddings: context,
    rope_theta: 10_000,
    tie_word_embeddings: tied,
    torch_dtype: 'bfloat16',
    ...(experts === undefined ? {} : { num_local_experts: experts, num_experts_per_tok: 2 }),
  }));

const SCHEMES: Readonly<Partial<Record<ContainerFamily, readonly string[]>>> = {
  vllm: ['none', 'awq', 'gptq', 'fp8', 'fp8-block', 'int8-w8a8', 'bitsandbytes-nf4', 'nvfp4'],
  lmi: ['none', 'awq', 'fp8'],
  sglang: ['none', 'awq', 'fp8'],
  'lmi-trtllm': ['none', 'awq', 'fp8'],
  'llama-cpp': ['gguf:F16', 'gguf:Q8_0', 'gguf:Q4_K_M', 'gguf:IQ3_XS', 'gguf:Q2_K'],
};
const VERSIONS: Readonly<Partial<Record<ContainerFamily, readonly (string | undefined)[]>>> = {
  vllm: [undefined, '0.6.3', '0.8.5', '0.11.0', '0.30.0'],
};

const endpoint = fc.constantFrom<ContainerFamily>('vllm', 'lmi', 'sglang', 'lmi-trtllm', 'llama-cpp').chain((family) =>
  fc.record({
    family: fc.constant(family),
    version: fc.constantFrom(...(VERSIONS[family] ?? [undefined])),
    quantization: fc.constantFrom(...(SCHEMES[family] ?? ['none'])),
    config,
    instanceType: fc.constantFrom(
      'ml.g5.2xlarge',
      'ml.g5.12xlarge',
      'ml.g6e.12xlarge',
      'ml.p4d.24xlarge',
      'ml.p5.48xlarge',
    ),
    tensorParallelSize: fc.constantFrom(1, 2, 4),
    maxModelLen: fc.integer({ min: 64, max: 200_000 }),
    concurrency: fc.integer({ min: 1, max: 64 }),
  }),
);

type Sample = ReturnType<typeof endpoint.generate>['value'];

function specOf(sample: Sample, options: ServingOptions = {}): EndpointSpec {
  const { family, version, quantization } = sample;
  return {
    model: { config: sample.config },
    quantization,
    container: { family, ...(version === undefined ? {} : { version }) },
    instanceType: sample.instanceType,
    region: 'us-east-1',
    options: { tensorParallelSize: sample.tensorParallelSize, maxModelLen: sample.maxModelLen, ...options },
    workload: { inputTokens: 256, outputTokens: 64, concurrency: sample.concurrency },
  };
}

function withMemory(resolved: ResolvedEndpoint, factor: number): ResolvedEndpoint {
  const { instance } = resolved;
  if (instance?.accelerator === undefined) throw new Error('the sample has a GPU');
  const memoryBytesUsable = Math.floor(instance.accelerator.memoryBytesUsable * factor);
  return { ...resolved, instance: { ...instance, accelerator: { ...instance.accelerator, memoryBytesUsable } } };
}

const orZero = (value: number | null) => value ?? 0;

describe('a plan is monotonic', () => {
  test('more memory never fits less', () => {
    fc.assert(
      fc.property(endpoint, fc.double({ min: 1, max: 4, noNaN: true }), (sample, factor) => {
        const resolved = resolveEndpoint(specOf(sample));
        const less = makePlan(resolved);
        const more = makePlan(withMemory(resolved, factor));
        expect(orZero(more.kvCacheTokens)).toBeGreaterThanOrEqual(orZero(less.kvCacheTokens));
        expect(orZero(more.maxConcurrency)).toBeGreaterThanOrEqual(orZero(less.maxConcurrency));
        expect(orZero(more.largestMaxModelLen)).toBeGreaterThanOrEqual(orZero(less.largestMaxModelLen));
        expect(more.memory.weights).toBe(less.memory.weights);
      }),
      runs,
    );
  });

  test('more context never raises concurrency', () => {
    fc.assert(
      fc.property(endpoint, fc.integer({ min: 1, max: 100_000 }), (sample, more) => {
        const shorter = makePlan(resolveEndpoint(specOf(sample)));
        const longer = makePlan(resolveEndpoint(specOf(sample, { maxModelLen: sample.maxModelLen + more })));
        expect(orZero(longer.maxConcurrency)).toBeLessThanOrEqual(orZero(shorter.maxConcurrency) + 1e-9);
      }),
      runs,
    );
  });

  test('more tensor parallelism never raises the weights of an accelerator', () => {
    fc.assert(
      fc.property(endpoint, (sample) => {
        let before = Infinity;
        for (const tensorParallelSize of [1, 2, 4, 8]) {
          const weights = makePlan(resolveEndpoint(specOf(sample, { tensorParallelSize }))).memory.weights ?? NaN;
          // A segment's rounding may give back what the cut took.
          expect(weights).toBeLessThanOrEqual(before * 1.01);
          before = weights;
        }
      }),
      runs,
    );
  });

  test('more bits never make a checkpoint smaller', () => {
    const ladders = [
      ['awq', 'fp8', 'bf16', 'fp32'],
      ['gguf:Q2_K', 'gguf:Q3_K_M', 'gguf:Q4_K_M', 'gguf:Q5_K_M', 'gguf:Q6_K', 'gguf:Q8_0', 'gguf:F16'],
    ];
    fc.assert(
      fc.property(config, fc.constantFrom(...ladders), (model, ladder) => {
        let before = 0;
        for (const quantization of ladder) {
          const plan = makePlan(resolveEndpoint({ model: { config: model }, quantization }));
          expect(plan.checkpointBytes).toBeGreaterThanOrEqual(before);
          before = plan.checkpointBytes as number;
        }
      }),
      runs,
    );
  });

  test('neither a longer prompt nor more concurrency makes a token faster', () => {
    fc.assert(
      fc.property(endpoint, fc.integer({ min: 1, max: 4000 }), (sample, more) => {
        const spec = specOf(sample);
        const shorter = makePlan(resolveEndpoint(spec)).estimate.interTokenMs;
        const longer = makePlan(
          resolveEndpoint({ ...spec, workload: { ...spec.workload, inputTokens: 256 + more, concurrency: 1 } }),
        ).estimate.interTokenMs;
        const single = makePlan(resolveEndpoint({ ...spec, workload: { ...spec.workload, concurrency: 1 } })).estimate
          .interTokenMs;
        if (single === null || longer === null) return;
        expect(longer).toBeGreaterThanOrEqual(single - 1e-9);
        expect(orZero(shorter)).toBeGreaterThanOrEqual(single - 1e-9);
      }),
      runs,
    );
  });

  test('every figure is a finite number that is not negative, or null', () => {
    fc.assert(
      fc.property(endpoint, (sample) => {
        for (const value of figuresOf(makePlan(resolveEndpoint(specOf(sample))))) {
          if (value === null) continue;
          expect(Number.isFinite(value)).toBe(true);
          expect(value).toBeGreaterThanOrEqual(0);
        }
      }),
      runs,
    );
  });

  test('the parts of the memory never exceed the whole', () => {
    fc.assert(
      fc.property(endpoint, (sample) => {
        const { memory } = makePlan(resolveEndpoint(specOf(sample)));
        if (memory.total === null || memory.usable === null || memory.kvCache === null || memory.kvCache === 0) return;
        expect(memory.usable).toBeLessThanOrEqual(memory.total);
        expect(orZero(memory.weights) + memory.kvCache).toBeLessThanOrEqual(memory.usable + 1);
      }),
      runs,
    );
  });
});

function figuresOf(plan: Plan): (number | null)[] {
  const { memory, estimate, cost } = plan;
  return [
    plan.parameters,
    plan.checkpointBytes,
    plan.kvBytesPerToken,
    plan.kvCacheTokens,
    plan.maxConcurrency,
    plan.largestMaxModelLen,
    ...Object.values(memory),
    estimate.timeToFirstTokenMs,
    estimate.interTokenMs,
    estimate.outputTokensPerSecond,
    estimate.requestsPerSecond,
    cost.usdPerHour,
    cost.usdPerMillionOutputTokens,
  ];
}
