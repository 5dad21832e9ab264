import {
  AWQ,
  FP8_BLOCK,
  GPTQ,
  LLAMA_70B,
  LLAMA_8B,
  MISTRAL_7B,
  MIXTRAL,
  QWEN25_7B,
  QWEN3_MOE,
  quantized,
  type Json,
} from '../../lib/rules/helpers/samples';
import { check, findRule } from '../../lib/rules';
import { alone, type PlanParts } from './own-findings';

/** Borders, met with plans that are made up: whether the plan itself is right is tested where it is made. */
const GIB = 2 ** 30;
const endpoint = (parts: object = {}, config: Json = LLAMA_8B) => ({
  model: { config },
  container: { family: 'vllm' },
  instanceType: 'ml.g5.2xlarge',
  options: { maxModelLen: 4096 },
  ...parts,
});
const BERT = {
  ...{ architectures: ['BertModel'], model_type: 'bert', hidden_size: 768, intermediate_size: 3072 },
  ...{ num_attention_heads: 12, num_hidden_layers: 12, vocab_size: 30_522, max_position_embeddings: 512 },
};

describe('WEIGHTS_DO_NOT_FIT', () => {
  const rule = 'WEIGHTS_DO_NOT_FIT';
  const plan = (weights: number | null, usable: number | null, total: number | null = 24 * GIB): PlanParts => ({
    memory: { weights, usable, total },
  });

  test.each<[string, PlanParts]>([
    ['a byte less than what the server may use', plan(20 * GIB - 1, 20 * GIB)],
    ['weights that nobody knows', plan(null, 20 * GIB)],
    ['a memory that nobody knows', plan(20 * GIB, null, null)],
  ])('passes %s', (_, parts) => {
    expect(alone(rule, endpoint(), parts)).toEqual([]);
  });

  test('passes where nothing says on what, or of what', () => {
    expect(alone(rule, endpoint({ instanceType: undefined }), plan(90 * GIB, 20 * GIB))).toEqual([]);
    expect(alone(rule, endpoint({ model: { id: 'a/b' } }), plan(90 * GIB, 20 * GIB))).toEqual([]);
  });

  test('refuses what fills all that the server may use, else all there is', () => {
    for (const parts of [plan(20 * GIB, 20 * GIB), plan(20 * GIB, null, 20 * GIB)])
      expect(alone(rule, endpoint(), parts)).toMatchObject([
        {
          severity: 'error',
          got: '20.0 GiB for 20.0 GiB usable on ml.g5.2xlarge (A10G, 8.6)',
          allowed: 'less than 20.0 GiB of weights for each GPU',
          message: expect.stringContaining('take 20.0 GiB of each GPU and do not fit into its memory') as string,
        },
      ]);
  });

  test('may be spread by a server that nobody named', () => {
    const bare = { model: { config: LLAMA_70B }, instanceType: 'ml.g5.48xlarge', options: { maxModelLen: 4096 } };
    expect(alone(rule, bare)).toEqual([]);
    expect(alone(rule, { ...bare, instanceType: 'ml.g5.12xlarge' })).toHaveLength(1);
    expect(alone(rule, { ...bare, options: { ...bare.options, tensorParallelSize: 1 } })).toHaveLength(1);
    expect(alone(rule, { ...bare, container: { family: 'vllm' } })).toHaveLength(1);
  });

  describe('of SGLang, in the share that it chose', () => {
    const of = (weights: number, options: object = {}, family = 'sglang') =>
      alone(
        rule,
        endpoint({ container: { family }, instanceType: 'ml.g5.2xlarge', options }),
        plan(weights * GIB, 15 * GIB),
      );

    test('are to be given a larger one, where that is enough', () => {
      expect(of(20)).toMatchObject([
        {
          severity: 'error',
          message: expect.stringContaining('do not fit into the share of its memory that SGLang takes, got') as string,
          fix: expect.stringMatching(/^set gpuMemoryUtilization to 0.9, or use ml/) as string,
        },
      ]);
      expect(of(22)[0].message).toContain('do not fit into its memory, got');
      expect(of(20, { gpuMemoryUtilization: 0.9 })[0].message).toContain('do not fit into its memory, got');
      expect(of(20, {}, 'vllm')[0].message).toContain('do not fit into its memory, got');
    });

    test('are a warning by a margin that the plan cannot tell', () => {
      expect(of(15.2)).toMatchObject([
        { severity: 'warning', message: expect.stringContaining('takes, by a margin that is within') as string },
      ]);
      expect(of(15.4)[0].severity).toBe('error');
    });
  });

  describe('of llama-server', () => {
    const on = (instanceType: string, environment?: Record<string, string>) =>
      alone(
        rule,
        endpoint({ container: { family: 'llama-cpp' }, quantization: 'gguf:Q4_K_M', instanceType, environment }),
        plan(30 * GIB, 20 * GIB),
      )[0];

    test('is a warning on a GPU where the server chooses the layers itself', () => {
      expect(on('ml.g5.2xlarge')).toMatchObject({
        severity: 'warning',
        message: expect.stringContaining('keeps some layers on the CPU') as string,
      });
      expect(on('ml.g5.2xlarge', { SM_LLAMA_CPP_GPU_LAYERS_DRAFT: '9', SM_LLAMA_CPP_PORT: '8080' }).severity).toBe(
        'warning',
      );
    });

    test.each(['SM_LLAMA_CPP_N_GPU_LAYERS', 'SM_LLAMA_CPP_GPU_LAYERS', 'SM_LLAMA_CPP_NGL', 'LLAMA_ARG_N_GPU_LAYERS'])(
      'is an error where %s says how many',
      (name) => expect(on('ml.g5.2xlarge', { [name]: '99', SM_LLAMA_CPP_PORT: '8080' }).severity).toBe('error'),
    );

    test('is an error of the host on a CPU', () => {
      expect(on('ml.c7i.2xlarge')).toMatchObject({
        severity: 'error',
        allowed: 'less than 20.0 GiB of weights for each host',
      });
    });
  });
});

describe('NO_MEMORY_FOR_KV_CACHE', () => {
  const rule = 'NO_MEMORY_FOR_KV_CACHE';
  const memory = { total: 24, usable: 20, weights: 15, activations: 2, graphs: 2, runtime: 1, kvCache: 0 };
  const inGib = (parts: Partial<Record<keyof typeof memory, number | null>>): PlanParts => ({
    memory: Object.fromEntries(
      Object.entries({ ...memory, ...parts }).map(([name, value]) => [name, value === null ? null : value * GIB]),
    ),
  });

  test('adds up what the server takes beside the weights', () => {
    expect(alone(rule, endpoint({ options: { gpuMemoryUtilization: 0.85 } }), inGib({}))).toMatchObject([
      {
        message: expect.stringContaining('weights (15.0 GiB) and working memory (5.0 GiB) take all') as string,
        got: '20.0 GiB for 20.0 GiB usable on ml.g5.2xlarge (A10G, 8.6)',
        allowed: 'less than 20.0 GiB in all, at gpuMemoryUtilization 0.85',
      },
    ]);
    expect(
      alone(rule, endpoint(), inGib({ activations: null, graphs: null, runtime: null, weights: 19.9, usable: 19.95 })),
    ).toEqual([]);
  });

  test.each<[string, PlanParts]>([
    ['a cache', inGib({ kvCache: 1 / GIB })],
    ['room that a model without a cache does not need', inGib({ runtime: 0.99 })],
    ['weights that are too large by themselves', inGib({ weights: 20 })],
    ['weights that nobody knows', inGib({ weights: null })],
    ['a limit that nobody knows', inGib({ usable: null })],
    ['a cache that nobody knows', inGib({ kvCache: null })],
  ])('says nothing of %s', (_, parts) => {
    expect(alone(rule, endpoint(), parts)).toEqual([]);
  });

  test('says nothing where no instance is named', () => {
    expect(alone(rule, endpoint({ instanceType: undefined }), inGib({}))).toEqual([]);
  });
});

describe('KV_CACHE_BELOW_CONTEXT', () => {
  const rule = 'KV_CACHE_BELOW_CONTEXT';
  /** A gigabyte of cache on a card of 24, in tokens of 128 KiB. */
  const plan = (largestMaxModelLen: number | null, parts: PlanParts = {}): PlanParts => ({
    largestMaxModelLen,
    kvBytesPerToken: 131_072,
    kvCacheTokens: 8192,
    ...parts,
    memory: { kvCache: GIB, total: 24 * GIB, ...parts.memory },
  });
  const asked = (maxModelLen: number, parts: object = {}) =>
    endpoint({ container: { family: 'vllm', version: '0.26.0' }, options: { maxModelLen }, ...parts });

  test('refuses a context that is longer than the cache, and says which would do', () => {
    expect(alone(rule, asked(16_384), plan(8200))).toMatchObject([
      {
        severity: 'error',
        got: '1.0 GiB of KV cache, 8,192 tokens, on ml.g5.2xlarge (A10G, 8.6)',
        allowed: 'maxModelLen up to 8,200',
        message: expect.stringContaining('one request of maxModelLen, 16,384 tokens (2.0 GiB), got') as string,
        fix: expect.stringMatching(/^set maxModelLen to 8192, or use ml\./) as string,
      },
    ]);
  });

  test.each([
    [255.5, '255'],
    [256, '256'],
    [511, '256'],
    [0.5, '1'],
  ])('proposes of %d tokens what people write', (largest, written) => {
    expect(alone(rule, asked(100_000), plan(largest))[0].fix).toMatch(
      new RegExp(`^set maxModelLen to ${written}(,|$)`),
    );
  });

  test.each<[string, PlanParts]>([
    ['as long as asked', plan(16_384)],
    ['that nobody knows', plan(null)],
    ['of a cache that nobody knows', plan(8200, { memory: { kvCache: null } })],
    ['of no cache at all, which is another rule’s', plan(8200, { memory: { kvCache: 0 } })],
  ])('passes a longest context %s', (_, parts) => {
    expect(alone(rule, asked(16_384), parts)).toEqual([]);
  });

  test('is refused where no server is named, if no server could hold it beside the weights', () => {
    const bare = (options: object, parts: object = {}) =>
      endpoint({ container: undefined, options: { tensorParallelSize: 1, ...options }, ...parts });
    const room = (weights: number): PlanParts =>
      plan(null, { kvCacheTokens: null, memory: { kvCache: null, weights: weights * GIB, total: 24 * GIB } });
    // 4 GiB of cache.
    expect(alone(rule, bare({ maxModelLen: 32_768 }), room(20))).toEqual([]);
    expect(alone(rule, bare({ maxModelLen: 32_776 }), room(20))).toMatchObject([
      {
        allowed: 'maxModelLen up to 32,768, less what the server itself takes',
        message: expect.stringContaining('the weights (20.0 GiB) and the KV cache of one request') as string,
        path: '/options/maxModelLen',
      },
    ]);
    // Weights that do not fit alone are another rule's.
    expect(alone(rule, bare({ maxModelLen: 32_776 }), room(24))).toEqual([]);
    // Nothing asked for; spread in a way that nobody knows; kept in fewer bits than anybody says.
    expect(alone(rule, bare({}), room(23))).toEqual([]);
    expect(alone(rule, bare({ maxModelLen: 32_776, pipelineParallelSize: 2 }), room(20))).toEqual([]);
    const four = { instanceType: 'ml.g5.12xlarge' };
    expect(alone(rule, bare({ maxModelLen: 32_776, tensorParallelSize: undefined }, four), room(20))).toEqual([]);
    for (const name of ['QUANTIZE', 'HF_MODEL_QUANTIZE', 'CPU_OFFLOAD_GB', 'KV_CACHE_DTYPE'])
      expect(alone(rule, bare({ maxModelLen: 32_776 }, { environment: { [name]: 'x' } }), room(20))).toEqual([]);
  });

  test('of SGLang is a warning if asked for, for it shortens requests and starts', () => {
    const sglang = { container: { family: 'sglang' } };
    expect(alone(rule, asked(16_384, sglang), plan(8200))).toMatchObject([{ severity: 'warning' }]);
    const environment = { SM_SGLANG_CONTEXT_LENGTH: '16384' };
    expect(alone(rule, endpoint({ options: {}, environment, ...sglang }), plan(8200))).toMatchObject([
      { severity: 'warning', message: expect.stringContaining('one request of maxModelLen, 16,384') as string },
    ]);
    expect(alone(rule, endpoint({ options: {}, ...sglang }), plan(8200))).toEqual([]);
  });

  test.each<[version: string, environment: Record<string, string>, severity: string]>([
    ['0.29.0-lmi11.0.0-cu124', {}, 'warning'],
    ['0.29.0-lmi11.0.0-cu124', { OPTION_ROLLING_BATCH: 'auto' }, 'warning'],
    ['0.29.0-lmi11.0.0-cu124', { OPTION_ROLLING_BATCH: 'lmi-dist' }, 'warning'],
    ['0.29.0-lmi11.0.0-cu124', { OPTION_ROLLING_BATCH: 'vllm' }, 'error'],
    ['0.33.0-lmi15.0.0-cu128', {}, 'error'],
  ])('of LMI %s with %j, where lmi-dist may start, is: %s', (version, environment, severity) => {
    const spec = {
      model: { config: LLAMA_8B },
      container: { family: 'lmi', version },
      instanceType: 'ml.g5.xlarge',
      environment,
    };
    expect(alone(rule, spec)).toMatchObject([severity === 'error' ? {} : { severity }]);
    expect(check(spec).findings).toContainEqual(expect.objectContaining({ rule, severity }));
  });

  test('is not to blame for a length beyond the model’s own, for which there is room', () => {
    const own = LLAMA_8B.max_position_embeddings as number;
    const room = (largest: number, kvCacheTokens: number | null) =>
      alone(rule, asked(2 * own), plan(largest, { kvCacheTokens, memory: { kvCache: 64 * GIB, total: 192 * GIB } }));
    expect(room(own, 2 * own)).toEqual([]);
    expect(room(own - 1, 2 * own)).toHaveLength(1);
    expect(room(own, 2 * own - 1)).toHaveLength(1);
    expect(room(own, null)).toHaveLength(1);
    // Up to the model's own length, the plan's longest context counts.
    expect(alone(rule, asked(own), plan(own - 20_000, { kvCacheTokens: 2 * own }))).toHaveLength(1);
    const unlimited = { ...LLAMA_8B, max_position_embeddings: undefined };
    expect(
      alone(
        rule,
        endpoint({ options: { maxModelLen: 2 * own } }, unlimited),
        plan(own, { kvCacheTokens: 2 * own, memory: { kvCache: 64 * GIB, total: 192 * GIB } }),
      ),
    ).toHaveLength(1);
  });

  test('says what a request takes, unless layers forget', () => {
    const words = (kvCacheTokens: number | null) =>
      alone(rule, asked(16_384), plan(8200, { kvCacheTokens }))[0].message;
    for (const tokens of [8192, 8601, 7783]) expect(words(tokens)).toContain('16,384 tokens (2.0 GiB)');
    for (const tokens of [8602, 7782, null]) expect(words(tokens)).not.toContain('(2.0 GiB)');
  });

  test('passes where there is no instance, no context, no model, or nothing to keep', () => {
    const short = plan(10);
    expect(alone(rule, asked(4096, { instanceType: undefined }), short)).toEqual([]);
    expect(alone(rule, endpoint({ options: {} }, { ...LLAMA_8B, max_position_embeddings: undefined }), short)).toEqual(
      [],
    );
    expect(alone(rule, { ...asked(4096), model: { id: 'a/b' } }, short)).toEqual([]);
    expect(alone(rule, endpoint({ options: {} }, BERT), short)).toEqual([]);
  });

  describe('within the plan’s own error', () => {
    const severity = (wanted: number, largest: number, totalGib: number) =>
      alone(rule, asked(wanted), plan(largest, { memory: { total: totalGib * GIB } }))[0]?.severity;

    test('is a warning, and nothing where the plan cannot tell', () => {
      // 7 % of the context, whatever that is of the memory.
      expect(severity(10_000, 9300, 1)).toBe('warning');
      expect(severity(10_000, 9299, 1)).toBe('error');
      // 1 % of the memory: 819.2 tokens of 100 MiB.
      expect(severity(20_000, 19_181, 10)).toBeUndefined();
      expect(severity(20_000, 19_180, 10)).toBe('warning');
      // 1.5 % of the memory, however far from the context: 1,228.8 tokens.
      expect(severity(2000, 772, 10)).toBe('warning');
      expect(severity(2000, 771, 10)).toBe('error');
    });

    test('says so', () => {
      const [close] = alone(rule, asked(10_000), plan(9300, { memory: { total: GIB } }));
      expect(close.message).toContain('by a margin that is within the plan’s own error');
      const [far] = alone(rule, asked(10_000), plan(5000, { memory: { total: GIB } }));
      expect(far.message).not.toContain('margin');
    });

    test('is not claimed where bytes or memory are not known', () => {
      for (const parts of [{ kvBytesPerToken: null }, { memory: { total: null } }])
        expect(alone(rule, asked(2000), plan(1800, parts))[0].severity).toBe('error');
      const [unknown] = alone(rule, asked(2000), plan(1800, { kvBytesPerToken: null, kvCacheTokens: null }));
      expect(unknown.message).toContain('2,000 tokens, got 1.0 GiB of KV cache, on ml.g5');
    });
  });

  test.each<[string, object, string]>([
    ['maxModelLen', { options: { maxModelLen: 16_384 } }, 'one request of maxModelLen,'],
    [
      'its variable',
      { options: {}, environment: { SM_VLLM_PORT: '8080', SM_VLLM_MAX_MODEL_LEN: '16384' } },
      'one request of maxModelLen,',
    ],
    ['nothing', { options: {} }, 'the model’s own context (no maxModelLen is set, max_position_embeddings is 131072)'],
    ['no options at all', { options: undefined }, 'the model’s own context'],
    ['other variables', { options: {}, environment: { SM_VLLM_PORT: '8080' } }, 'the model’s own context'],
  ])('names where the context comes from: %s', (_, parts, words) => {
    expect(alone(rule, endpoint(parts), plan(8200))[0].message).toContain(words);
  });

  test('proposes no instance where none of the region holds it', () => {
    const [finding] = alone(
      rule,
      { ...asked(131_072, { instanceType: 'ml.p5.48xlarge', region: 'mx-central-1' }), model: { config: LLAMA_70B } },
      plan(1024),
    );
    expect(finding.fix).toBe('set maxModelLen to 1024');
  });
});

test('a length beyond the shortest that the config gives is not for want of memory', () => {
  const config = { ...LLAMA_8B, max_position_embeddings: 32_768, seq_length: 8192, rope_scaling: null };
  const longer = endpoint({ instanceType: 'ml.g6e.2xlarge', options: { maxModelLen: 16_384 } }, config);
  expect(alone('CONTEXT_EXCEEDS_MODEL', longer)).toHaveLength(1);
  expect(alone('KV_CACHE_BELOW_CONTEXT', longer)).toEqual([]);
});

describe('KV_CACHE_BELOW_WORKLOAD', () => {
  const rule = 'KV_CACHE_BELOW_WORKLOAD';
  const workload = { inputTokens: 1000, outputTokens: 200, concurrency: 10 };
  const find = (tokens: number | null, parts: object = {}) =>
    alone(rule, endpoint({ workload, ...parts }), { kvCacheTokens: tokens });

  test('counts prompts and answers of all requests', () => {
    expect(find(11_999)).toMatchObject([
      {
        message: expect.stringContaining('10 requests of 1,200 tokens do not fit') as string,
        got: '12,000 tokens for a cache of 11,999 on ml.g5.2xlarge (A10G, 8.6)',
        allowed: 'up to 9 at once',
        fix: 'plan for 9 requests a copy and more copies, or use kvCacheDtype fp8 or a larger accelerator',
      },
    ]);
    expect(find(100)[0].fix).toContain('plan for 1 request a copy');
  });

  test.each([12_000, 0, null])('says nothing of a cache of %p tokens', (tokens) => {
    expect(find(tokens)).toEqual([]);
  });

  test('says nothing where a part of the workload, or the instance, is open', () => {
    for (const name of Object.keys(workload))
      expect(find(100, { workload: { ...workload, [name]: undefined } })).toEqual([]);
    expect(find(100, { workload: undefined })).toEqual([]);
    expect(find(100, { instanceType: undefined })).toEqual([]);
  });
});

describe('HOST_MEMORY_BELOW_CHECKPOINT', () => {
  const rule = 'HOST_MEMORY_BELOW_CHECKPOINT';
  const find = (checkpointBytes: number | null, parts: object = {}) =>
    alone(rule, endpoint({ instanceType: 'ml.g5.xlarge', options: { loadFormat: 'pt' }, ...parts }, QWEN25_7B), {
      checkpointBytes,
    });

  test('proposes the same GPUs on a larger host', () => {
    expect(find(16 * GIB + 1)).toMatchObject([
      {
        got: '16.0 GiB for 16.0 GiB of host memory in ml.g5.xlarge',
        allowed: 'a host with more than 16.0 GiB',
        fix: 'use ml.g5.2xlarge',
      },
    ]);
    // As much as a host has is not more than it.
    expect(find(32 * GIB)[0].fix).toBe('use ml.g5.4xlarge');
    expect(find(200 * GIB, { instanceType: 'ml.g5.12xlarge' })[0].fix).toBe('use ml.g5.24xlarge');
    expect(find(900 * GIB, { instanceType: 'ml.g5.48xlarge' })[0].fix).toBe('use a larger size of the family');
  });

  test.each([16 * GIB, null])('says nothing of a checkpoint of %p bytes', (bytes) => {
    expect(find(bytes)).toEqual([]);
  });

  test('leaves files that are mapped to one rank, which reads each page once, and not to several', () => {
    const of = (options: object) => find(200 * GIB, { instanceType: 'ml.g5.12xlarge', options });
    expect(of({ tensorParallelSize: 1 })).toEqual([]);
    expect(of({ tensorParallelSize: 1, loadFormat: 'safetensors' })).toEqual([]);
    expect(of({ tensorParallelSize: 4 })[0].message).toMatch(/every rank reads it from the disk again/);
    expect(of({ pipelineParallelSize: 2 })).toHaveLength(1);
    expect(of({ tensorParallelSize: 1, loadFormat: 'npcache' })[0].message).toMatch(/npcache files are read whole/);
  });

  test('says nothing of llama.cpp and CPUs, whose weights stay in that memory, nor without an instance', () => {
    expect(find(90 * GIB, { container: { family: 'llama-cpp' } })).toEqual([]);
    expect(find(90 * GIB, { instanceType: 'ml.c7i.xlarge' })).toEqual([]);
    expect(find(90 * GIB, { instanceType: undefined })).toEqual([]);
    expect(find(90 * GIB, { instanceType: 'ml.inf2.xlarge', container: { family: 'hf-vllm-neuron' } })).toHaveLength(1);
  });
});

const QWEN3_CODER = {
  ...QWEN3_MOE,
  hidden_size: 6144,
  num_hidden_layers: 62,
  num_attention_heads: 96,
  num_key_value_heads: 8,
  num_experts: 160,
  moe_intermediate_size: 2560,
};

describe('experts over engines side by side', () => {
  const of = (environment: object) =>
    alone('WEIGHTS_DO_NOT_FIT', {
      model: { config: quantized(QWEN3_CODER, FP8_BLOCK) },
      container: { family: 'vllm' },
      instanceType: 'ml.p5en.48xlarge',
      options: { expertParallel: true, maxModelLen: 8192, tensorParallelSize: 1 },
      environment,
    });

  test('fit where one engine alone does not hold them', () => {
    expect(of({})).toHaveLength(1);
    expect(of({ SM_VLLM_DATA_PARALLEL_SIZE: '8' })).toEqual([]);
  });
});

describe('PROFILED_IMAGES_DO_NOT_FIT', () => {
  const LLAMA_VISION: Json = {
    architectures: ['MllamaForConditionalGeneration'],
    model_type: 'mllama',
    text_config: { ...LLAMA_8B, model_type: 'mllama_text_model', cross_attention_layers: [3, 8, 13, 18, 23, 28] },
    vision_config: {
      ...{ hidden_size: 1280, image_size: 560, patch_size: 14, max_num_tiles: 4, num_hidden_layers: 32 },
      ...{ intermediate_size: 5120, attention_heads: 16, intermediate_layers_indices: [3, 7, 15, 23, 30] },
    },
  };
  const find = (maxNumSeqs: number | undefined, parts: object = {}, config = LLAMA_VISION, room = 40 * GIB) => {
    const memory = { weights: 20 * GIB, usable: 20 * GIB + room, total: 80 * GIB };
    const container = { family: 'vllm', version: '0.6.3' };
    const options = { maxModelLen: 1024, maxNumSeqs };
    return alone('PROFILED_IMAGES_DO_NOT_FIT', endpoint({ container, options, ...parts }, config), { memory });
  };

  test('says what the images take, and how many fit', () => {
    expect(find(64)).toEqual([]);
    expect(find(150)).toMatchObject([
      { path: '/options/maxNumSeqs', allowed: 'maxNumSeqs up to about 102', fix: 'set maxNumSeqs to 64' },
    ]);
    expect(find(150)[0].message).toMatch(/^vLLM 0\.6\.3 runs an image in each of max_num_seqs sequences at once/);
    expect(find(150)[0].got).toMatch(/^maxNumSeqs 150: 52\.8 GiB of images for 40\.0 GiB on ml\.g5\.2xlarge/);
  });

  test('takes the default of V0 where nothing is set, whatever that of V1 is', () => {
    const options = { maxModelLen: 1024 };
    expect(find(undefined, { options })[0].got).toContain('maxNumSeqs 256');
    const large = { options, instanceType: 'ml.p4de.24xlarge', container: { family: 'vllm', version: '0.9.2' } };
    expect(find(undefined, large)[0].got).toContain('maxNumSeqs 256');
    expect(find(512)[0].got).toContain('maxNumSeqs 512');
  });

  test('asks for another GPU where not one image fits', () => {
    expect(find(4, {}, LLAMA_VISION, 0.3 * GIB)).toMatchObject([{ fix: 'use ml.g6.xlarge' }]);
    expect(find(4096, {}, LLAMA_VISION, 0.3 * GIB)).toMatchObject([{ fix: 'use a GPU with more memory' }]);
    expect(find(4, {}, LLAMA_VISION, 0)).toEqual([]);
  });

  test.each([
    ['0.6.1', 0],
    ['0.6.2', 1],
    ['0.10.2', 1],
    ['0.11.0', 0],
  ])('vLLM %s: %d', (version, times) => {
    expect(find(256, { container: { family: 'vllm', version } })).toHaveLength(times);
  });

  test('is nothing of other servers, models or instances that are not known', () => {
    expect(find(256, { container: { family: 'sglang' } })).toEqual([]);
    expect(find(256, { instanceType: undefined })).toEqual([]);
    expect(find(256, {}, LLAMA_8B)).toEqual([]);
    expect(find(256, {}, { ...LLAMA_VISION, vision_config: undefined })).toEqual([]);
    expect(find(256, {}, { ...LLAMA_VISION, vision_config: { model_type: 'mllama_vision_model' } })).toHaveLength(1);
  });
});

describe('AWQ_SUMS_DO_NOT_FIT', () => {
  const MISTRAL: Json = quantized({ ...MISTRAL_7B, torch_dtype: 'float16' }, AWQ);
  const find = (options: object, parts: object = {}, config = MISTRAL, room = 8 * GIB) => {
    const memory = { weights: 4 * GIB, usable: 4 * GIB + room, total: 16 * GIB };
    const container = { family: 'vllm', version: '0.2.7' };
    return alone('AWQ_SUMS_DO_NOT_FIT', endpoint({ container, options, ...parts }, config), { memory });
  };

  test('says how many tokens fit', () => {
    const [finding] = find({ maxModelLen: 32_768 });
    expect(finding).toMatchObject({
      got: '20.0 GiB for 32,768 tokens, with 8.0 GiB left on ml.g5.2xlarge (A10G, 8.6)',
      allowed: 'up to about 12,451 tokens a step, or vLLM 0.3',
      fix: 'set maxModelLen to 12288, or use an image with vLLM 0.3 or newer',
    });
    expect(finding.message).toMatch(/^vLLM 0\.2\.7 keeps 8 partial sums of each output of an AWQ matrix/);
    expect(find({ maxModelLen: 12_288 })).toEqual([]);
    expect(find({ maxModelLen: 4096, maxNumBatchedTokens: 32_768 })).toMatchObject([
      { fix: 'set maxNumBatchedTokens to 12288, or use an image with vLLM 0.3 or newer' },
    ]);
  });

  test('a context cannot be so short that its step has fewer tokens than any', () => {
    expect(find({ maxModelLen: 4096 }, {}, MISTRAL, 1 * GIB)).toMatchObject([
      { fix: 'use an image with vLLM 0.3 or newer' },
    ]);
  });

  test('is that of whole experts on each rank, and of a share of other matrices', () => {
    const mixtral = quantized({ ...MIXTRAL, torch_dtype: 'float16' }, AWQ);
    const wide = { maxModelLen: 32_768, tensorParallelSize: 4 };
    expect(find(wide)).toEqual([]);
    expect(find(wide, {}, mixtral)).toHaveLength(1);
  });

  test.each([
    ['0.1.7', 1],
    ['0.2.7', 1],
    ['0.3.0', 0],
  ])('vLLM %s: %d', (version, times) => {
    expect(find({ maxModelLen: 32_768 }, { container: { family: 'vllm', version } })).toHaveLength(times);
  });

  test('is nothing of other schemes, servers or instances that are not known', () => {
    const wide = { maxModelLen: 32_768 };
    expect(find(wide, {}, quantized(MISTRAL_7B, GPTQ))).toEqual([]);
    expect(find(wide, {}, MISTRAL_7B)).toEqual([]);
    expect(find(wide, { container: { family: 'sglang' } })).toEqual([]);
    expect(find(wide, { instanceType: undefined })).toEqual([]);
    expect(find(wide, {}, MISTRAL, 0)).toEqual([]);
  });
});

describe('a machine that is proposed because the weights fit', () => {
  const ON_LOAD = { environment: { SM_VLLM_QUANTIZATION: 'fp8' } };
  const MISTRAL = { model: { config: quantized({ ...MISTRAL_7B, torch_dtype: 'float16' }, AWQ) } };
  const VISION = { model: (findRule('PROFILED_IMAGES_DO_NOT_FIT')?.examples.fails[0] as Json).model };
  test.each<[string, object, string]>([
    // Of the images of 256 sequences no GPU with less than 141 GB has room.
    ['images', { ...VISION, container: { family: 'vllm', version: '0.6.3' }, instanceType: 'ml.g4dn.xlarge' }, '0.6.3'],
    ['sums', { ...MISTRAL, instanceType: 'ml.g4dn.xlarge', options: { gpuMemoryUtilization: 0.2 } }, '0.2.7'],
    ['what comes before', { model: { config: LLAMA_70B }, ...ON_LOAD, instanceType: 'ml.g5.xlarge' }, '0.11.0'],
  ])('holds %s as well', (_name, parts, version) => {
    const spec = {
      container: { family: 'vllm', version },
      ...parts,
      options: { maxModelLen: 4096, ...(parts as { options?: object }).options },
    };
    const [finding] = alone('WEIGHTS_DO_NOT_FIT', spec);
    const [, instanceType, degree] = /use (ml\.\S+)(?: with tensorParallelSize (\d+))?/.exec(finding.fix ?? '') ?? [];
    expect(instanceType).toBeDefined();
    const options = { ...spec.options, tensorParallelSize: Number(degree ?? 1) };
    const left = ['WEIGHTS_DO_NOT_FIT', 'PROFILED_IMAGES_DO_NOT_FIT', 'AWQ_SUMS_DO_NOT_FIT'].flatMap((id) =>
      alone(id, { ...spec, instanceType, options }),
    );
    expect(left).toEqual([]);
  });
});
