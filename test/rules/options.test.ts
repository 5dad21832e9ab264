import { instanceTypes, priceKey } from '../../lib/hardware';
import { setPrices } from '../../lib/plan';
import { check } from '../../lib/rules';
import { FP8_BLOCK, LLAMA2_7B, LLAMA_8B, quantized, type Json } from '../../lib/rules/helpers/samples';
import { alone, type PlanParts } from './own-findings';

const endpoint = (options: object = {}, parts: object = {}, config: Json = LLAMA_8B) => ({
  model: { config },
  container: { family: 'vllm' },
  instanceType: 'ml.g5.12xlarge',
  options,
  ...parts,
});
const on = (version: string) => ({ container: { family: 'vllm', version } });
const unknownModel = (options: object = {}, parts: object = {}) => ({
  ...endpoint(options, parts),
  model: { id: 'a/b' },
});

describe('BUDGET_EXCEEDED', () => {
  afterEach(() => setPrices(undefined));
  const find = (workload: object | undefined, usdPerHour: number | null = 2, parts: object = {}) =>
    alone('BUDGET_EXCEEDED', endpoint({ maxModelLen: 4096 }, { workload, region: 'us-east-1', ...parts }), {
      cost: { usdPerHour, usdPerMillionOutputTokens: null, priceDate: '2026-02-03', priceSource: 'x' },
    });

  test('is held against the instances that always run, by the hour or the month', () => {
    expect(find({ maxUsdPerHour: 2 })).toEqual([]);
    expect(find({ maxUsdPerMonth: 1460 })).toEqual([]);
    expect(find({ maxUsdPerHour: 1.99 })).toMatchObject([
      { got: '$2.00 an hour', allowed: '$1.99 an hour', path: '/workload/maxUsdPerHour' },
    ]);
    expect(find({ maxUsdPerMonth: 1459 })).toMatchObject([
      { got: '$1460 a month', allowed: '$1459 a month', path: '/workload/maxUsdPerMonth' },
    ]);
    expect(find({ maxUsdPerHour: 1, maxUsdPerMonth: 1e6 })).toMatchObject([{ path: '/workload/maxUsdPerHour' }]);
    expect(find({ maxUsdPerHour: 5, maxUsdPerMonth: 100 })).toMatchObject([{ path: '/workload/maxUsdPerMonth' }]);
    expect(find({ maxUsdPerHour: 5 }, 2, { endpoint: { initialInstanceCount: 3 } })).toMatchObject([
      { got: '$6.00 an hour' },
    ]);
    expect(find({ maxUsdPerHour: 5 }, 2, { endpoint: { minInstanceCount: 4 } })).toMatchObject([
      { got: '$8.00 an hour' },
    ]);
    expect(find({ maxUsdPerHour: 1 }, 2, { endpoint: { minInstanceCount: 0, initialInstanceCount: 0 } })).toMatchObject(
      [{ got: '$2.00 an hour' }],
    );
  });

  test('proposes the cheapest on which it fits, unless that is what it has', () => {
    const { fix = '' } = find({ maxUsdPerHour: 1.3 })[0];
    expect(fix).toMatch(/^use ml\.g\S+, the cheapest on which it fits, or raise/);
    const [type] = /ml\.\S+(?=,)/.exec(fix) ?? [];
    expect(find({ maxUsdPerHour: 0.5 }, 2, { instanceType: type })[0].fix).toBe(
      'raise the budget, or quantize to fewer bits',
    );
  });

  test('proposes an instance of a known price only where that is within the budget', () => {
    const spec = (maxUsdPerMonth: number) => ({
      model: { id: 'Qwen/Qwen2.5-7B' },
      quantization: 'none',
      container: { family: 'vllm' },
      instanceType: 'ml.g5.12xlarge',
      region: 'us-east-1',
      options: { maxModelLen: 4096, tensorParallelSize: 4 },
      workload: { maxUsdPerMonth },
    });
    setPrices(
      new Map(
        instanceTypes().map((type) => [
          priceKey(type, 'us-east-1'),
          { usdPerHour: type === 'ml.g6e.xlarge' ? 1 : 5, region: 'us-east-1', date: '2026-01-02', source: 'a test' },
        ]),
      ),
    );
    const fix = (month: number) => check(spec(month)).findings.find(({ rule }) => rule === 'BUDGET_EXCEEDED')?.fix;
    expect(fix(800)).toBe('use ml.g6e.xlarge, the cheapest on which it fits, or raise the budget');
    expect(fix(700)).toBe(
      'raise the budget to $730 a month, for the cheapest on which it fits, such as ml.g6e.xlarge, or quantize to fewer bits',
    );
  });

  test('warns that it cannot be held where no price is known', () => {
    expect(find({ maxUsdPerHour: 1 }, null)).toMatchObject([
      { severity: 'warning', fix: 'fetch prices with qe prices --region us-east-1', path: '/workload/maxUsdPerHour' },
    ]);
    expect(find({ maxUsdPerMonth: 1 }, null, { region: undefined })).toMatchObject([
      { severity: 'warning', fix: 'name the region, such as us-east-1', path: '/workload/maxUsdPerMonth' },
    ]);
  });

  test('says nothing without a budget or an instance', () => {
    expect(find({ concurrency: 4 })).toEqual([]);
    expect(find(undefined)).toEqual([]);
    expect(find({ maxUsdPerHour: 1 }, 2, { instanceType: undefined })).toEqual([]);
  });
});

describe('DTYPE_UNKNOWN', () => {
  const find = (dtype: string, parts: object = {}) => alone('DTYPE_UNKNOWN', endpoint({ dtype }, parts));

  test.each(['auto', 'float16', 'bfloat16', 'float32', 'half', 'fp16', 'bf16', 'fp32', 'float'])(
    '%s is one',
    (dtype) => {
      expect(find(dtype)).toEqual([]);
    },
  );
  const scheme = 'leave dtype out, and ask for the scheme under quantization';
  test.each([
    ['int8', scheme],
    ['int4', scheme],
    ['fp8', scheme],
    ['fp4', scheme],
    ['nf4', scheme],
    ['awq', scheme],
    ['gptq', scheme],
    ['zzzzzzzzzzzz', scheme],
    ['bfloat', 'write bfloat16'],
    ['flot16', 'write float16'],
    ['fp166', 'write fp16'],
    ['loat32', 'write float32'],
  ])('%s is none', (dtype, fix) => {
    expect(find(dtype)).toMatchObject([{ got: dtype, fix, path: '/options/dtype' }]);
    expect(find(dtype, { container: undefined })).toEqual([]);
  });

  test('is spelt out in variables of servers that know no short names', () => {
    const variable = (name: string, value: string) =>
      alone('DTYPE_UNKNOWN', endpoint({}, { environment: { SM_VLLM_PORT: '8080', [name]: value } }));
    expect(variable('SM_VLLM_DTYPE', 'bf16')).toMatchObject([
      { got: 'SM_VLLM_DTYPE=bf16', fix: 'set SM_VLLM_DTYPE to bfloat16', path: '/environment/SM_VLLM_DTYPE' },
    ]);
    expect(variable('SM_SGLANG_DTYPE', 'fp32')).toHaveLength(1);
    expect(variable('SM_VLLM_DTYPE', 'float16')).toEqual([]);
    expect(variable('MY_SM_VLLM_DTYPE', 'bf16')).toEqual([]);
    expect(variable('SM_VLLM_DTYPE_OF_CACHE', 'bf16')).toEqual([]);
  });
});

describe('GPU_MEMORY_UTILIZATION_OUT_OF_RANGE', () => {
  const find = (value: string, parts: object = {}) =>
    alone(
      'GPU_MEMORY_UTILIZATION_OUT_OF_RANGE',
      endpoint({}, { environment: { SM_VLLM_GPU_MEMORY_UTILIZATION: value }, ...parts }),
    );
  test.each(['0.01', '0.9', '0.98'])('%s is in it', (value) => expect(find(value)).toEqual([]));
  test.each([
    ['0.981', 'warning', 'set gpuMemoryUtilization to 0.95 or less'],
    ['1', 'warning', 'set gpuMemoryUtilization to 0.95 or less'],
    ['1.01', 'error', 'write 0.0101'],
    ['85', 'error', 'write 0.85'],
    ['100', 'error', 'write 0.95'],
    ['101', 'error', 'set gpuMemoryUtilization to 0.95 or less'],
    ['0', 'error', 'set gpuMemoryUtilization to 0.95 or less'],
    ['-1', 'error', 'set gpuMemoryUtilization to 0.95 or less'],
  ])('%s is not', (value, severity, fix) => {
    expect(find(value)).toMatchObject([{ severity, fix, got: value }]);
  });
  test('was taken up to 1 before the V1 engine', () => {
    expect(find('1', on('0.7.3'))).toEqual([]);
    expect(find('1', on('0.8.0'))).toHaveLength(1);
    expect(find('1.5', on('0.7.3'))).toHaveLength(1);
  });
  test('is below 1 for SGLang, too, which may have almost all', () => {
    const rule = 'GPU_MEMORY_UTILIZATION_OUT_OF_RANGE';
    const sglang = { container: { family: 'sglang' } };
    expect(alone(rule, endpoint({ gpuMemoryUtilization: 0.99 }, sglang))).toEqual([]);
    expect(alone(rule, endpoint({ gpuMemoryUtilization: 1 }, sglang))).toMatchObject([{ severity: 'error' }]);
    expect(alone(rule, endpoint({ gpuMemoryUtilization: 1 }))).toHaveLength(1);
    expect(alone(rule, endpoint({ gpuMemoryUtilization: 1 }, { container: { family: 'llama-cpp' } }))).toEqual([]);
  });
});

describe('KV_CACHE_DTYPE_UNKNOWN', () => {
  const find = (kvCacheDtype: string, version?: string) =>
    alone('KV_CACHE_DTYPE_UNKNOWN', endpoint({ kvCacheDtype }, version === undefined ? {} : on(version)));
  test.each([
    ['fp8', '0.11.0'],
    ['fp8_e4m3', '0.8.5'],
    ['fp8_e5m2', '0.4.0.post1'],
    ['fp8', '0.4.1'],
    ['auto', '0.1.0'],
  ])('%s is known to vLLM %s', (dtype, version) => expect(find(dtype, version)).toEqual([]));
  test.each([
    ['fp7', '0.11.0', 'write fp8'],
    ['int8', '0.11.0', 'write fp8'],
    ['int8_per_token', '0.11.0', 'write fp8'],
    ['zzzzzzzz', '0.11.0', 'leave kvCacheDtype out'],
    ['fp8', '0.2.0', 'leave kvCacheDtype out'],
    ['fp8_e5m2', '0.4.2', 'write fp8'],
  ])('%s is not known to vLLM %s', (dtype, version, fix) => {
    const [finding] = find(dtype, version);
    expect(finding).toMatchObject({ got: dtype, fix });
    expect(finding.allowed).toContain('auto');
    expect(finding.allowed === 'auto').toBe(version === '0.2.0');
  });
  test('is the server’s own', () => {
    for (const container of [undefined, { family: 'llama-cpp' }])
      expect(alone('KV_CACHE_DTYPE_UNKNOWN', endpoint({ kvCacheDtype: 'fp7' }, { container }))).toEqual([]);
  });
  test.each([
    ['fp8', '0.5.20', []],
    ['fp8_e4m3', '0.4.6', []],
    ['bf16', '0.5.6', []],
    ['nvfp4', '0.5.12', ['auto, fp8_e5m2, fp8_e4m3, bf16, bfloat16, fp4_e2m1']],
    ['nvfp4', '0.5.20', []],
  ])('%s as an option of SGLang %s', (kvCacheDtype, version, allowed) => {
    const found = alone(
      'KV_CACHE_DTYPE_UNKNOWN',
      endpoint({ kvCacheDtype }, { container: { family: 'sglang', version } }),
    );
    expect(found.map((finding) => finding.allowed)).toEqual(allowed);
  });
  test('fp8 is no word of SGLang’s own', () => {
    const sglang = { container: { family: 'sglang' }, environment: { SM_SGLANG_KV_CACHE_DTYPE: 'fp8' } };
    expect(alone('KV_CACHE_DTYPE_UNKNOWN', endpoint({}, sglang))).toMatchObject([{ fix: 'write fp8_e4m3' }]);
  });
});

describe('CONTEXT_EXCEEDS_MODEL', () => {
  test.each([
    ['0.3.4.post1', 'warning'],
    ['0.3.4.post2', 'error'],
  ])('is a matter of a warning until SGLang refuses: %s', (version, severity) => {
    const spec = endpoint({ maxModelLen: 1_000_000 }, { container: { family: 'sglang', version } });
    expect(alone('CONTEXT_EXCEEDS_MODEL', spec)).toMatchObject([{ severity }]);
  });

  const find = (maxModelLen: number, parts: object = {}, config: Json = LLAMA2_7B) =>
    alone('CONTEXT_EXCEEDS_MODEL', endpoint({ maxModelLen, slots: 2 }, parts, config));

  test('is the length that the model was made for', () => {
    expect(find(4096)).toEqual([]);
    expect(find(4097)).toMatchObject([
      { severity: 'error', got: '4,097 tokens', fix: 'set maxModelLen to 4096 or less' },
    ]);
    expect(find(9999, {}, { ...LLAMA2_7B, max_position_embeddings: undefined })).toEqual([]);
    expect(alone('CONTEXT_EXCEEDS_MODEL', unknownModel({ maxModelLen: 999_999 }))).toEqual([]);
  });

  test('is refused by vLLM on Neuron too, and by transformers-neuronx not', () => {
    const of = (family: string) =>
      alone('CONTEXT_EXCEEDS_MODEL', {
        model: { config: LLAMA2_7B },
        container: { family },
        instanceType: 'ml.inf2.8xlarge',
        options: { sequenceLength: 8192, batchSize: 1 },
      }).map(({ severity }) => severity ?? 'error');
    expect(of('hf-vllm-neuron')).toEqual(['error']);
    expect(of('lmi-neuron')).toEqual(['warning']);
  });

  test('is not exceeded by the context that vLLM itself takes from several lengths', () => {
    const qwen: Json = { ...LLAMA2_7B, max_position_embeddings: 32_768, seq_length: 8192 };
    const spec = (options: object) => ({ model: { config: qwen }, container: { family: 'vllm' }, options });
    expect(alone('CONTEXT_EXCEEDS_MODEL', spec({}))).toEqual([]);
    expect(alone('CONTEXT_EXCEEDS_MODEL', spec({ maxModelLen: 16_384 }))).toHaveLength(1);
  });

  test('is the shortest of several lengths in vLLM, and may be as long as the config lets it be', () => {
    const short: Json = { ...LLAMA2_7B, seq_length: 2048, n_positions: 3000 };
    expect(find(2048, {}, short)).toEqual([]);
    expect(find(2049, {}, short)).toMatchObject([{ fix: 'set maxModelLen to 2048 or less' }]);
    expect(find(2049, { container: { family: 'sglang' } }, short)).toEqual([]);
    expect(find(2049, on('0.1.7'), short)).toEqual([]);
    for (const odd of [
      { seq_length: 0 },
      { seq_length: '2048' },
      { seq_length: 2048, rope_scaling: { type: 'linear', factor: 2 } },
    ])
      expect(find(4096, {}, { ...LLAMA2_7B, ...odd })).toEqual([]);
    const longer: Json = { ...LLAMA2_7B, model_max_length: 8192 };
    expect(find(8192, on('0.4.0'), longer)).toEqual([]);
    expect(find(8193, on('0.4.0'), longer)).toHaveLength(1);
    expect(find(8192, on('0.3.3'), longer)).toHaveLength(1);
    expect(find(8192, on('0.4.0'), { ...longer, model_max_length: '8192' })).toHaveLength(1);
  });

  test.each([
    [{ container: { family: 'sglang' } }, 'error'],
    [{ container: { family: 'lmi-trtllm' } }, 'warning'],
    [on('0.2.0'), 'error'],
    [on('0.1.7'), 'warning'],
    [{ environment: { SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN: '1' } }, 'warning'],
  ])('%j: %s', (parts, severity) => {
    expect(find(5000, parts)).toMatchObject([{ severity }]);
    expect(find(5000, parts)[0].message).not.toContain('slots');
  });

  test('holds in each of llama.cpp’s slots', () => {
    const parts = { container: { family: 'llama-cpp' }, quantization: 'gguf:Q4_K_M' };
    expect(find(8192, parts)).toEqual([]);
    expect(find(8193, parts)).toMatchObject([{ allowed: 'up to 8,192' }]);
    expect(find(8193, parts)[0].message).toContain('in each of 2 slots');
  });
});

describe('LOAD_FORMAT_REMOVED', () => {
  const find = (loadFormat: string, version: string) =>
    alone('LOAD_FORMAT_REMOVED', endpoint({ loadFormat }, on(version)));
  const other = 'set loadFormat to auto, and use a checkpoint in another scheme';
  test.each([
    ['gguf', '0.23.0', '0.24.0', other],
    ['bitsandbytes', '0.27.0', '0.28.0', other],
    ['sagemaker_fast_model_loader', '0.7.3', '0.8.0', 'use runai_streamer, or an image up to 0.32.0-lmi14'],
  ])('%s is in vLLM %s, and not in %s', (format, last, first, fix) => {
    expect(find(format, last)).toEqual([]);
    expect(find(format, first)).toMatchObject([{ got: format, fix }]);
  });
});

describe('OPTION_NOT_READ_BY_SERVER', () => {
  const find = (options: object, container: object | undefined) =>
    alone('OPTION_NOT_READ_BY_SERVER', endpoint(options, { container }));
  test.each([
    [{ slots: 4 }, 'vllm', 'use maxNumSeqs'],
    [{ flashAttention: 'on' }, 'sglang', 'leave flashAttention out'],
    [{ maxNumSeqs: 4 }, 'llama-cpp', 'use slots'],
    [{ enforceEager: true }, 'llama-cpp', 'leave enforceEager out'],
    [{ batchSize: 4 }, 'vllm', 'use maxNumSeqs'],
    [{ kvTypeK: 'q8_0' }, 'hf-vllm-neuron', 'use kvCacheDtype'],
  ])('%j is not read by %s', (options, family, fix) => {
    expect(find(options, { family })).toMatchObject([{ fix, path: `/options/${Object.keys(options)[0]}` }]);
  });
  test('is not judged of servers that nobody knows', () => {
    const everything = { slots: 4, batchSize: 4, enforceEager: true };
    expect(find(everything, undefined)).toEqual([]);
    expect(find(everything, { family: 'custom', image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/x:1' })).toEqual(
      [],
    );
    expect(find({ batchSize: 4 }, { family: 'hf-vllm-neuron' })).toEqual([]);
  });
});

const speed = (interTokenMs: number | null, timeToFirstTokenMs: number | null): PlanParts => ({
  estimate: { interTokenMs, timeToFirstTokenMs, outputTokensPerSecond: null, requestsPerSecond: null, bound: null },
});

describe('ANSWER_OUTLASTS_INVOCATION', () => {
  const find = (outputTokens: number | undefined, parts: PlanParts, own: object = {}) =>
    alone('ANSWER_OUTLASTS_INVOCATION', endpoint({}, { workload: { outputTokens }, ...own }), parts);

  test('counts prompt and answer against a minute', () => {
    expect(find(590, speed(100, 1000))).toEqual([]);
    expect(find(591, speed(100, 1000))).toMatchObject([
      { got: 'outputTokens 591 at about 100 ms a token', allowed: 'about 590 tokens without streaming' },
    ]);
    expect(find(601, speed(100, null))).toMatchObject([{ allowed: 'about 600 tokens without streaming' }]);
    expect(find(601, speed(100, 90_000))).toMatchObject([{ allowed: 'about 0 tokens without streaming' }]);
  });

  test('says nothing where answers wait elsewhere, or their length or pace is not known', () => {
    expect(find(9999, speed(100, 0), { endpoint: { asyncInference: true } })).toEqual([]);
    expect(find(9999, speed(100, 0), { endpoint: {} })).toHaveLength(1);
    expect(find(9999, speed(null, 90_000))).toEqual([]);
    expect(find(undefined, speed(100, 90_000))).toEqual([]);
    expect(find(9999, speed(100, 0), { instanceType: undefined })).toEqual([]);
  });
});

describe('LATENCY_GOAL_MISSED', () => {
  const find = (workload: object | undefined, parts: PlanParts = speed(20, 300), own: object = {}) =>
    alone('LATENCY_GOAL_MISSED', endpoint({}, { workload, ...own }), parts);
  test('compares each goal with its estimate', () => {
    expect(find({ maxTimeToFirstTokenMs: 300, maxInterTokenMs: 20 })).toEqual([]);
    expect(find({ maxTimeToFirstTokenMs: 299, maxInterTokenMs: 19 })).toMatchObject([
      { path: '/workload/maxTimeToFirstTokenMs', allowed: '299 ms', got: 'about 300 ms on ml.g5.12xlarge (A10G, 8.6)' },
      { path: '/workload/maxInterTokenMs', allowed: '19 ms' },
    ]);
    expect(find({ maxInterTokenMs: 19 }, speed(null, null))).toEqual([]);
    expect(find({ concurrency: 1 })).toEqual([]);
    expect(find(undefined)).toEqual([]);
    expect(find({ maxInterTokenMs: 19 }, speed(20, 300), { instanceType: undefined })).toEqual([]);
  });
});

describe('KV_CACHE_FP8_WITH_MLA', () => {
  const latent: Json = {
    ...{ architectures: ['DeepseekV2ForCausalLM'], model_type: 'deepseek_v2', hidden_size: 2048 },
    ...{ num_attention_heads: 16, num_key_value_heads: 16, num_hidden_layers: 27, vocab_size: 102_400 },
    ...{ kv_lora_rank: 512, qk_rope_head_dim: 64, qk_nope_head_dim: 128, v_head_dim: 128, q_lora_rank: null },
    ...{ n_routed_experts: 64, n_shared_experts: 2, num_experts_per_tok: 6, moe_intermediate_size: 1408 },
    ...{ first_k_dense_replace: 1, max_position_embeddings: 163_840, intermediate_size: 10_944 },
  };
  const find = (version: string, instanceType: string | undefined, kvCacheDtype = 'fp8', config = latent) =>
    alone('KV_CACHE_FP8_WITH_MLA', endpoint({ kvCacheDtype }, { ...on(version), instanceType }, config)).length;
  test.each([
    ['0.7.0', 'ml.p5.48xlarge', 0],
    ['0.7.1', 'ml.p5.48xlarge', 1],
    ['0.10.1', 'ml.p5.48xlarge', 1],
    ['0.10.2', 'ml.p5.48xlarge', 0],
    ['0.9.2', 'ml.p6-b200.48xlarge', 0],
    ['0.9.2', undefined, 1],
  ])('vLLM %s on %p: %i', (version, instanceType, expected) => {
    expect(find(version, instanceType)).toBe(expected);
    expect(find(version, instanceType, 'auto')).toBe(0);
    expect(find(version, instanceType, 'fp8', LLAMA_8B)).toBe(0);
  });
});

describe('KV_CACHE_E5M2_WITH_FP8_WEIGHTS', () => {
  const find = (
    kvCacheDtype: string,
    version: string,
    parts: object = {},
    config: Json = quantized(LLAMA_8B, FP8_BLOCK),
  ) => alone('KV_CACHE_E5M2_WITH_FP8_WEIGHTS', endpoint({ kvCacheDtype }, { ...on(version), ...parts }, config)).length;
  test('is of FP8 checkpoints from vLLM 0.4.3 on', () => {
    expect(find('fp8_e5m2', '0.8.5')).toBe(1);
    expect(find('fp8_e5m2', '0.4.3')).toBe(1);
    expect(find('fp8_e5m2', '0.4.2')).toBe(0);
    expect(find('fp8_e4m3', '0.8.5')).toBe(0);
    expect(find('fp8_e5m2', '0.8.5', {}, LLAMA_8B)).toBe(0);
    expect(find('fp8_e5m2', '0.8.5', { quantization: 'fp8' }, LLAMA_8B)).toBe(0);
    expect(find('fp8_e5m2', '0.8.5', { container: { family: 'sglang' } })).toBe(0);
  });
});

describe('tokens of a step', () => {
  const context = (options: object, parts: object = {}, config: Json = LLAMA_8B) =>
    alone('BATCHED_TOKENS_BELOW_CONTEXT', endpoint({ enableChunkedPrefill: false, ...options }, parts, config)).length;
  const sequences = (options: object, parts: object = {}) =>
    alone('BATCHED_TOKENS_BELOW_SEQUENCES', endpoint(options, parts)).length;

  test('hold a whole prompt where it is not cut', () => {
    expect(context({ maxNumBatchedTokens: 4095, maxModelLen: 4096 })).toBe(1);
    expect(context({ maxNumBatchedTokens: 4096, maxModelLen: 4096 })).toBe(0);
    expect(context({ maxNumBatchedTokens: 4095, maxModelLen: 4096, enableChunkedPrefill: true })).toBe(0);
    expect(context({ maxNumBatchedTokens: 4095, maxModelLen: 4096 }, on('0.1.7'))).toBe(0);
    expect(context({ maxNumBatchedTokens: 4095, maxModelLen: 4096 }, { container: { family: 'sglang' } })).toBe(0);
    expect(
      alone('BATCHED_TOKENS_BELOW_CONTEXT', unknownModel({ enableChunkedPrefill: false, maxNumBatchedTokens: 9 })),
    ).toEqual([]);
  });

  test('are no fewer than sequences', () => {
    expect(sequences({ maxNumBatchedTokens: 99, maxNumSeqs: 100 })).toBe(1);
    expect(sequences({ maxNumBatchedTokens: 100, maxNumSeqs: 100 })).toBe(0);
    expect(sequences({ maxNumBatchedTokens: 99, maxNumSeqs: 100 }, on('0.2.0'))).toBe(1);
    expect(sequences({ maxNumBatchedTokens: 99, maxNumSeqs: 100 }, on('0.1.7'))).toBe(0);
    expect(sequences({ maxNumBatchedTokens: 99, maxNumSeqs: 100 }, { container: { family: 'sglang' } })).toBe(0);
    expect(sequences({ maxNumBatchedTokens: 99, maxNumSeqs: 100 }, { container: undefined })).toBe(0);
  });
});
