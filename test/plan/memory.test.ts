import { kvCapacity, type Paging } from '../../lib/plan/kv/capacity';
import { kvElementBytes } from '../../lib/plan/kv/dtype';
import { bytesPerToken, kvGroups, type KvGroup } from '../../lib/plan/kv/groups';
import { describeModel } from '../../lib/model';
import { concurrencyByContext, makePlan } from '../../lib/plan';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { VllmVersion } from '../../lib/plan/memory/vllm-profile';
import { QWEN35_27B } from '../../lib/rules/helpers/samples';
import type { EndpointSpec, ServingOptions } from '../../lib/spec/types';

const GIB = 2 ** 30;
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

function planOf(spec: Omit<EndpointSpec, 'model'>, config: Record<string, unknown> = llama) {
  return makePlan(resolveEndpoint({ model: { config }, ...spec }));
}
const onVllm = (options: ServingOptions = {}, version?: string, instanceType = 'ml.g5.2xlarge') =>
  planOf({ container: { family: 'vllm', ...(version === undefined ? {} : { version }) }, instanceType, options });

describe('a cached token', () => {
  const model = describeModel(llama);
  const layout = { tensorParallel: 1, pipelineParallel: 1, keyBytes: 2, valueBytes: 2 };
  const perToken = (rest: Partial<typeof layout>, m = model) => bytesPerToken(kvGroups(m, { ...layout, ...rest }));

  test.each([
    ['all heads on one accelerator', {}, 131_072],
    ['divided among ranks', { tensorParallel: 4 }, 32_768],
    ['one head each where there are more ranks than heads', { tensorParallel: 16 }, 16_384],
    ['half the layers of two stages', { pipelineParallel: 2 }, 65_536],
    ['one byte an element', { keyBytes: 1, valueBytes: 1 }, 65_536],
    ['keys and values apart', { keyBytes: 2, valueBytes: 1 }, 98_304],
  ])('takes %s', (_name, rest, bytes) => expect(perToken(rest)).toBe(bytes));

  test('of a latent is copied to every rank', () => {
    const mla = {
      ...describeModel(llama),
      kv: [{ kind: 'mla' as const, layers: 61, kvHeads: 1, keyDim: 576, valueDim: 512, elementsPerToken: 576 }],
    };
    expect(perToken({}, mla)).toBe(70_272);
    expect(perToken({ tensorParallel: 8 }, mla)).toBe(70_272);
  });

  test('of an encoder’s memory does not grow with the answer', () => {
    const cross = { ...model, kv: [{ ...model.kv[0], kind: 'cross' as const }] };
    expect(perToken({}, cross)).toBe(0);
  });
});

test.each([
  ['auto', 2, 2],
  ['auto', 4, 4],
  ['fp8_e4m3', 2, 1],
  ['int8', 2, 1],
  ['bfloat16', 4, 2],
  ['float32', 2, 4],
  ['nvfp4', 2, 0.5625],
  ['turboquant_4', 2, undefined],
])('an element of %s beside %d-byte weights takes %s', (dtype, modelBytes, bytes) => {
  expect(kvElementBytes(dtype, modelBytes)).toBe(bytes);
});

describe('capacity', () => {
  const full: KvGroup = { kind: 'full', layers: 10, bytesPerToken: 100, stateBytes: 0 };
  const sliding: KvGroup = { kind: 'sliding', layers: 30, bytesPerToken: 100, window: 64, stateBytes: 0 };
  const state: KvGroup = { kind: 'recurrent', layers: 30, bytesPerToken: 0, stateBytes: 5000 };
  const paging: Paging = { blockTokens: 16, stepTokens: 32, hybrid: true, countsConcurrency: false };

  test('of one kind counts whole blocks', () => {
    const block = 16 * 100 * 10;
    expect(kvCapacity([full], 10 * block + block - 1, 64, paging)).toEqual({
      tokens: 160,
      concurrency: 2.5,
      largestContext: 160,
    });
    expect(kvCapacity([full], block - 1, 64, paging)).toEqual({ tokens: 0, concurrency: 0, largestContext: 0 });
  });

  test('of nothing cached is nothing', () => {
    expect(kvCapacity([], 1e9, 64, paging)).toEqual({ tokens: 0, concurrency: 0, largestContext: 0 });
  });

  test('with windows shares one pool among groups of as many layers', () => {
    // Four groups of ten layers: one keeps all 1,024 tokens (64 blocks), three keep 63 + 32 (6 + 1 blocks).
    const block = 16 * 100 * 10;
    const capacity = kvCapacity([full, sliding], 850 * block, 1024, paging);
    expect(capacity.concurrency).toBe(850 / (64 + 3 * 7));
    expect(capacity.tokens).toBe(Math.floor(850 / 4) * 16);
    expect(capacity.largestContext).toBe((850 - 3 * 7) * 16);
    expect(kvCapacity([full, sliding], 850 * block, 1024, { ...paging, countsConcurrency: true }).tokens).toBe(10_240);
  });

  test('a window longer than the context keeps the context', () => {
    const block = 16 * 100 * 10;
    expect(kvCapacity([full, sliding], 160 * block, 64, paging).concurrency).toBe(160 / (4 * 4));
  });

  test('without a hybrid cache every layer keeps everything', () => {
    const block = 16 * 100 * 40;
    expect(kvCapacity([full, sliding], 8 * block, 64, { ...paging, hybrid: false })).toEqual({
      tokens: 128,
      concurrency: 2,
      largestContext: 128,
    });
  });

  test('a narrower kind has more tokens in a block, so that all blocks have the same bytes', () => {
    const half = { ...full, bytesPerToken: 50 };
    const block = 16 * 100 * 10;
    // 1,024 tokens in blocks of 32, beside three groups that keep 63 + 32 in blocks of 16.
    expect(kvCapacity([half, sliding], 850 * block, 1024, paging).concurrency).toBe(850 / (32 + 3 * 7));
    expect(kvCapacity([half, sliding], 850 * block, 1024, paging).tokens).toBe(Math.floor(850 / 4) * 16);
  });

  test('a kind whose blocks do not divide so is padded', () => {
    const odd = { ...full, bytesPerToken: 60 };
    expect(kvCapacity([odd, sliding], 850 * 16 * 100 * 10, 1024, paging).concurrency).toBe(850 / (64 + 3 * 7));
  });

  test('nearly equal kinds are padded to the larger', () => {
    // 12 and 13 layers: two groups of 13, not thirteen of one.
    const pair = [
      { ...full, layers: 12 },
      { ...sliding, layers: 13 },
    ];
    const block = 16 * 100 * 13;
    expect(kvCapacity(pair, 100 * block, 16, paging).tokens).toBe(50 * 16);
  });

  test('a block grows until a state fits it, and a sequence takes one block of each', () => {
    // 5,000 bytes need 50 tokens of 100 bytes: 64, in whole blocks of 16.
    const block = 64 * 100 * 10;
    const capacity = kvCapacity([full, state], 19 * block, 1024, paging);
    expect(capacity.concurrency).toBe(19 / (16 + 3));
    expect(capacity.tokens).toBe(Math.floor(19 / 4) * 64);
  });

  test('a sequence takes a second block of each state where prefixes are cached', () => {
    const block = 64 * 100 * 10;
    const capacity = kvCapacity([full, state], 22 * block, 1024, { ...paging, stateBlocks: 2 });
    expect(capacity.concurrency).toBe(22 / (16 + 3 * 2));
    expect(capacity.largestContext).toBe(1024);
  });

  test('of states alone does not depend on the context', () => {
    expect(kvCapacity([state], 10 * 5000 * 30, 64, { ...paging, hybrid: false }).concurrency).toBe(10);
  });
});

describe('vLLM by version', () => {
  test.each([
    [
      [0, 6, 3],
      {
        isV1: false,
        hasHybridCache: false,
        countsConcurrency: false,
        budgetsGraphs: false,
        countsContext: false,
        samplerBytesPerLogit: 39,
      },
    ],
    [[0, 7, 3], { isV1: false, countsContext: false }],
    [[0, 8, 5], { isV1: true, hasHybridCache: false, countsContext: true, samplerBytesPerLogit: 38.2 }],
    [[0, 9, 2], { hasHybridCache: true, countsContext: false }],
    [[0, 2, 4], { keepsReduced: false, countsReserved: false, countsContext: false }],
    [[0, 2, 5], { keepsReduced: true, countsReserved: true, countsContext: true }],
    [[0, 2, 6], { keepsReduced: false, countsReserved: true }],
    [[0, 6, 3], { countsReserved: true }],
    [[0, 6, 4], { countsReserved: false, countsContext: true }],
    [[0, 17, 0], { samplerBytesPerLogit: 16, countsConcurrency: false, countsReserved: false }],
    [[0, 19, 1], { countsConcurrency: false, budgetsGraphs: false }],
    [[0, 20, 0], { countsConcurrency: false, budgetsGraphs: true, readsConsumption: false }],
    [[0, 20, 2], { countsConcurrency: true }],
    [[0, 26, 0], { readsConsumption: false }],
    [[0, 27, 0], { readsConsumption: true, samplerBytesPerLogit: 16 }],
    [[0, 29, 0], { budgetsGraphs: true, samplerBytesPerLogit: 6 }],
    [undefined, { isV1: true, budgetsGraphs: true, samplerBytesPerLogit: 6, readsConsumption: true }],
  ])('%j', (version, expected) => expect(new VllmVersion(version)).toMatchObject(expected));
});

describe('the memory of a vLLM', () => {
  test('is total, a fraction of it, and what is left for the cache', () => {
    const { memory } = onVllm({ maxModelLen: 8192, gpuMemoryUtilization: 0.8 }, '0.14.1');
    expect(memory.usable).toBe(Math.floor((memory.total as number) * 0.8));
    const { usable, weights, activations, runtime, kvCache } = memory as unknown as Record<string, number>;
    expect(Math.abs(kvCache - (usable - weights - activations - runtime))).toBeLessThan(2);
  });

  test('pays for graphs from 0.20 on, unless there are none', () => {
    const { memory } = onVllm({ maxModelLen: 8192 }, '0.30.0');
    const { usable, weights, activations, runtime, graphs, kvCache } = memory as unknown as Record<string, number>;
    expect(Math.abs(kvCache - (usable - weights - activations - runtime - graphs))).toBeLessThan(2);
    expect(onVllm({ maxModelLen: 8192, enforceEager: true }, '0.30.0').memory.graphs).toBe(0);
  });

  test('keeps a second block of each recurrent state where it caches prefixes, from 0.28 on by itself', () => {
    const hybrid = (version: string, enablePrefixCaching?: boolean) =>
      planOf(
        {
          container: { family: 'vllm', version },
          instanceType: 'ml.p5.4xlarge',
          options: { maxModelLen: 8192, ...(enablePrefixCaching === undefined ? {} : { enablePrefixCaching }) },
        },
        QWEN35_27B,
      );
    // Blocks of 784 tokens: 11 for a context of 8,192, and one or two for each of three groups of states.
    const blocks = (plan: ReturnType<typeof hybrid>, each: number) => (plan.maxConcurrency as number) * (11 + 3 * each);
    const one = hybrid('0.28.0', false);
    expect(blocks(one, 1)).toBeCloseTo(Math.round(blocks(one, 1)), 6);
    expect(hybrid('0.28.0').maxConcurrency).toBeCloseTo(blocks(one, 1) / 17, 6);
    expect(hybrid('0.27.1', true).maxConcurrency).toBeCloseTo(blocks(hybrid('0.27.1'), 1) / 17, 6);
    expect(hybrid('0.27.1').maxConcurrency).toBe(hybrid('0.27.1', false).maxConcurrency);
    expect(hybrid('0.14.0', true).maxConcurrency).toBe(hybrid('0.14.0', false).maxConcurrency);
  });

  test('peaks with the sampler or with the forward pass, whichever is larger', () => {
    const sampler = onVllm({ maxModelLen: 8192, maxNumSeqs: 256, maxNumBatchedTokens: 2048 }, '0.8.5').memory
      .activations;
    expect(sampler).toBe(Math.round(256 * 128_256 * 38.2 + 2048 * 4096 * 2 * 1.28));
    const forward = onVllm({ maxModelLen: 8192, maxNumSeqs: 1, maxNumBatchedTokens: 16_384 }, '0.8.5').memory
      .activations;
    expect(forward).toBe(16_384 * 2 * (3 * 4096 + 3 * 14_336));
  });

  test('holds the outputs of every chosen expert', () => {
    const mixture = {
      ...llama,
      architectures: ['MixtralForCausalLM'],
      model_type: 'mixtral',
      num_local_experts: 8,
      num_experts_per_tok: 2,
    };
    const peak = (version: string, maxNumSeqs: number) =>
      planOf(
        {
          container: { family: 'vllm', version },
          instanceType: 'ml.p5.48xlarge',
          options: { maxNumSeqs, maxNumBatchedTokens: 8192, tensorParallelSize: 8 },
        },
        mixture,
      ).memory.activations;
    expect(peak('0.13.0', 1)).toBe(8192 * 2 * (3 * 4096 + 2 * (4096 + 1792)));
    // Room of their own from 0.14, which they keep: the sampler's peak is on top of it.
    expect(peak('0.14.0', 1)).toBe(8192 * 2 * (3 * 4096 + 2 * (4096 + 4096)));
    const sampler = 1024 * 128_256 * 16 + 8192 * 4096 * 2 * 1.28;
    expect(peak('0.28.0', 1024)).toBe(Math.round(sampler + 8192 * 2 * 2 * (4096 + 4096)));
  });

  test('takes more outside PyTorch with more ranks, and most over NVLink', () => {
    const runtime = (instanceType: string, tensorParallelSize: number, version = '0.30.0') =>
      onVllm({ tensorParallelSize, maxModelLen: 2048 }, version, instanceType).memory.runtime as number;
    expect(runtime('ml.g5.12xlarge', 1, '0.10.2')).toBeLessThan(runtime('ml.g5.12xlarge', 4, '0.10.2'));
    expect(runtime('ml.g5.12xlarge', 1, '0.31.0')).toBe(runtime('ml.g5.12xlarge', 4, '0.31.0'));
    expect(runtime('ml.g5.48xlarge', 8, '0.24.0')).toBeLessThan(runtime('ml.p4d.24xlarge', 8, '0.24.0'));
    // Its own communicator, made before the engine looks, gathers the logits.
    expect(runtime('ml.g5.48xlarge', 8)).toBe(runtime('ml.p4d.24xlarge', 8));
    // The data also names what a part has not: "no NVLink".
    expect(runtime('ml.g6e.12xlarge', 4)).toBe(runtime('ml.g5.12xlarge', 4));
    // The switch of the Hopper generation, which this version's buffers are for.
    expect(runtime('ml.p5.48xlarge', 4, '0.10.2')).toBeGreaterThan(runtime('ml.p4d.24xlarge', 4, '0.10.2'));
  });

  test('that does not fit has no cache', () => {
    expect(onVllm({ maxModelLen: 8192 }, undefined, 'ml.g4dn.xlarge')).toMatchObject({
      memory: { kvCache: 0 },
      kvCacheTokens: 0,
      maxConcurrency: 0,
      largestMaxModelLen: 0,
    });
  });

  test('halves a token’s bytes with an FP8 cache, asked for or in the checkpoint', () => {
    expect(onVllm({ kvCacheDtype: 'fp8' }).kvBytesPerToken).toBe(65_536);
    const withScales = {
      ...llama,
      quantization_config: {
        quant_method: 'compressed-tensors',
        kv_cache_scheme: { num_bits: 8, type: 'float' },
        config_groups: {},
      },
    };
    expect(planOf({ container: { family: 'vllm' } }, withScales).kvBytesPerToken).toBe(65_536);
    expect(onVllm({ kvCacheDtype: 'turboquant_4' })).toMatchObject({ kvBytesPerToken: null, kvCacheTokens: null });
  });

  test('never promises more context than the model has', () => {
    expect(onVllm({ maxModelLen: 2048 }, undefined, 'ml.p5.4xlarge').largestMaxModelLen).toBe(131_072);
  });
});

describe('other engines', () => {
  test('SGLang gives a fraction of the free memory to weights and cache', () => {
    const { memory } = planOf({
      container: { family: 'sglang' },
      instanceType: 'ml.g5.2xlarge',
      options: { maxModelLen: 8192, gpuMemoryUtilization: 0.88 },
    });
    expect(memory.usable).toBe(Math.floor(((memory.total as number) - 0.3 * GIB) * 0.88));
    expect(memory.kvCache).toBe((memory.usable as number) - (memory.weights as number));
  });

  test('TensorRT-LLM gives a fraction of what weights and activations leave', () => {
    const { memory } = planOf({
      container: { family: 'lmi-trtllm' },
      instanceType: 'ml.g5.2xlarge',
      options: { maxModelLen: 8192, maxNumBatchedTokens: 4096 },
    });
    const { total, weights, activations, runtime, kvCache } = memory as unknown as Record<string, number>;
    expect(activations).toBe(4096 * 2 * (3 * 4096 + 3 * 14_336));
    expect(Math.abs(kvCache - (total - weights - activations - runtime) * 0.95)).toBeLessThan(2);
  });

  test('an unknown engine has weights and the size of a token, and nothing that would be a guess', () => {
    const plan = planOf({ instanceType: 'ml.g5.2xlarge' });
    expect(plan.memory).toMatchObject({ usable: null, activations: null, graphs: null, runtime: null, kvCache: null });
    expect(plan.memory.weights).toBe(plan.parameters === null ? null : plan.parameters * 2);
    expect(plan).toMatchObject({ kvBytesPerToken: 131_072, kvCacheTokens: null, maxConcurrency: null });
    expect(planOf({ instanceType: 'ml.g5.2xlarge', quantization: 'gguf:Q8_0' }).memory.weights).toBeNull();
  });
});

describe('llama.cpp', () => {
  const on = (instanceType: string, options: ServingOptions = {}, environment?: Record<string, string>) =>
    planOf({
      container: { family: 'llama-cpp' },
      quantization: 'gguf:F16',
      instanceType,
      options: { maxModelLen: 8192, slots: 1, ...options },
      environment,
    });
  const embedding = 128_256 * 4096 * 2;
  const norms = 65 * 4096;

  test('keeps the embedding in host memory', () => {
    const plan = on('ml.g5.2xlarge');
    expect(plan.memory.weights).toBe((plan.parameters as number) * 2 - embedding + norms * 2);
  });

  test('copies a tied embedding to the device for the head', () => {
    const config = { ...llama, tie_word_embeddings: true };
    const plan = planOf(
      {
        container: { family: 'llama-cpp' },
        quantization: 'gguf:F16',
        instanceType: 'ml.g5.2xlarge',
        options: { maxModelLen: 8192, slots: 1 },
      },
      config,
    );
    expect(plan.memory.weights).toBe((plan.parameters as number) * 2 + norms * 2);
  });

  test('spreads layers over devices, and the cache with them', () => {
    const one = on('ml.g5.2xlarge');
    const four = on('ml.g5.12xlarge');
    expect(four.memory.weights).toBeLessThan((one.memory.weights as number) / 3);
    expect(four.kvBytesPerToken).toBeLessThan((one.kvBytesPerToken as number) / 3);
  });

  test('offloads as many layers as it is told', () => {
    const half = on('ml.g5.2xlarge', {}, { SM_LLAMA_CPP_N_GPU_LAYERS: '17' });
    const layer = (8_030_261_248 - 2 * 128_256 * 4096 - 4096) / 32;
    const layerBytes = (layer - 2 * 4096) * 2 + 2 * 4096 * 4;
    expect(half.memory.weights).toBe(16 * layerBytes + 128_256 * 4096 * 2 + 4096 * 4);
    expect(half.kvBytesPerToken).toBe(65_536);
  });

  test('on a CPU has all in host memory', () => {
    const plan = on('ml.c7g.8xlarge');
    expect(plan.memory.weights).toBe((plan.parameters as number) * 2 + norms * 2);
    expect(plan.memory.total).toBe(64 * GIB);
    expect(plan.memory.runtime).toBe(0);
  });

  test('pads the context, and allocates it whole', () => {
    const plan = on('ml.g5.2xlarge', { maxModelLen: 1000 });
    expect(plan.kvCacheTokens).toBe(1024);
    expect(plan.memory.kvCache).toBe(1024 * 131_072);
    expect(plan.maxConcurrency).toBe(1);
    expect(on('ml.g5.2xlarge', { maxModelLen: 1000, slots: 4 }).maxConcurrency).toBe(4);
  });

  test('quantizes keys and values each by its own type', () => {
    expect(on('ml.g5.2xlarge', { kvTypeK: 'q8_0', kvTypeV: 'q4_0' }).kvBytesPerToken).toBe(
      (65_536 / 2) * (34 / 32 + 18 / 32),
    );
    expect(on('ml.g5.2xlarge', { kvTypeK: 'q99' })).toMatchObject({ kvBytesPerToken: null, kvCacheTokens: null });
  });

  test('needs room for scores without flash attention', () => {
    const off = on('ml.g5.2xlarge', { flashAttention: 'off' }).memory.activations as number;
    expect(off).toBeGreaterThan(512 * 8192 * 32 * 4);
    expect(on('ml.g5.2xlarge').memory.activations).toBeLessThan(off / 4);
  });

  test('that does not fit serves nobody, and says what would fit', () => {
    const plan = on('ml.g4dn.xlarge');
    expect(plan).toMatchObject({ maxConcurrency: 0 });
    expect(on('ml.g5.2xlarge', { maxModelLen: 131_072 }).maxConcurrency).toBe(0);
    const largest = on('ml.g5.2xlarge', { maxModelLen: 131_072 }).largestMaxModelLen as number;
    expect(largest).toBeGreaterThan(8192);
    expect(largest).toBeLessThan(131_072);
  });
});

describe('Neuron', () => {
  const on = (instanceType: string, options: ServingOptions) =>
    planOf({
      container: { family: 'hf-vllm-neuron' },
      instanceType,
      options: { sequenceLength: 4096, batchSize: 4, ...options },
    });

  test('counts logical cores, each with its share of the device', () => {
    expect(on('ml.inf2.24xlarge', { tensorParallelSize: 8 }).memory.total).toBe(16 * GIB);
    expect(on('ml.trn2.48xlarge', { tensorParallelSize: 8 }).memory.total).toBe(24 * GIB);
    expect(on('ml.trn2.48xlarge', { tensorParallelSize: 8, logicalNeuronCores: 1 }).memory.total).toBe(12 * GIB);
  });

  test.each([
    ['as they are where they divide', 8, 1],
    ['copied where the ranks divide by them', 32, 1],
    ['as full attention where neither divides', 12, 3],
  ])('holds KV heads %s', (_name, tensorParallelSize, heads) => {
    const plan = on('ml.inf2.48xlarge', { tensorParallelSize });
    expect(plan.kvBytesPerToken).toBe(heads * 2 * 128 * 2 * 32);
  });

  test('has its cache for the compiled batch and length', () => {
    const plan = on('ml.inf2.24xlarge', { tensorParallelSize: 8 });
    expect(plan).toMatchObject({ kvCacheTokens: 16_384, maxConcurrency: 4 });
    expect(plan.memory).toMatchObject({ kvCache: 16_384 * 16_384, activations: null });
  });
});

test('concurrency falls with the context, to the model’s longest', () => {
  const resolved = resolveEndpoint({
    model: { config: llama },
    container: { family: 'vllm' },
    instanceType: 'ml.g5.2xlarge',
  });
  const points = concurrencyByContext(resolved);
  expect(points.map(({ context }) => context)).toEqual([512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072]);
  for (let i = 1; i < points.length; i++) expect(points[i].concurrency).toBeLessThanOrEqual(points[i - 1].concurrency);
  expect(concurrencyByContext(resolveEndpoint({ model: { config: llama } }))).toEqual([]);
});

test('without a model there is the size of the checkpoint, where it is said, and the price', () => {
  const plan = makePlan(
    resolveEndpoint({ model: { weightBytes: 5 }, instanceType: 'ml.g5.2xlarge', region: 'us-east-1' }),
  );
  expect(plan).toMatchObject({ parameters: null, checkpointBytes: 5, cost: { usdPerHour: 1.515 } });
});

test('the size of a checkpoint that exists is taken as it is', () => {
  const stored = { ...llama, quantization_config: { quant_method: 'awq', bits: 4, group_size: 128 } };
  expect(makePlan(resolveEndpoint({ model: { config: stored, weightBytes: 77 } })).checkpointBytes).toBe(77);
  expect(
    makePlan(resolveEndpoint({ model: { config: llama, weightBytes: 77 }, quantization: 'awq' })).checkpointBytes,
  ).not.toBe(77);
});
