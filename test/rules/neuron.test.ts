import { check } from '../../lib/rules';
import {
  AWQ,
  GEMMA2_2B,
  GPTQ,
  LLAMA_70B,
  LLAMA_8B,
  QWEN3_SMALL,
  quantized,
  type Json,
} from '../../lib/rules/helpers/samples';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import type { EndpointSpec } from '../../lib/spec/types';
import { alone } from './own-findings';

const GIB = 2 ** 30;
const endpoint = (parts: object = {}, config: Json = LLAMA_8B) => ({
  model: { config },
  container: { family: 'hf-vllm-neuron' },
  instanceType: 'ml.inf2.48xlarge',
  options: { sequenceLength: 4096, batchSize: 4 },
  ...parts,
});
const lmi = { container: { family: 'lmi-neuron' } };

/** Rules that ask for both a chip and a server of Neuron's. */
test.each([
  ['NEURON_COMPILING_OUTLASTS_START', { environment: { SM_ON_ALLOW_NON_CACHED_MODEL: '' } }, LLAMA_70B],
  ['NEURON_CACHE_DOES_NOT_FIT', { options: { sequenceLength: 4096, batchSize: 1024 } }, LLAMA_8B],
  ['NEURON_CORE_TOPOLOGY', { options: { tensorParallelSize: 10 } }, LLAMA_8B],
  ['NEURON_CORES_EXCEEDED', { options: { tensorParallelSize: 64 } }, LLAMA_8B],
  ['NEURON_DRIVER_DEFAULT', {}, LLAMA_8B],
  ['NEURON_HOST_MEMORY_FOR_COMPILING', { instanceType: 'ml.inf2.xlarge' }, LLAMA_8B],
  [
    'NEURON_KV_HEADS_EXPANDED',
    { options: { tensorParallelSize: 12 } },
    { ...LLAMA_8B, num_attention_heads: 48, hidden_size: 6144 },
  ],
  ['NEURON_LOGICAL_CORES', { options: { logicalNeuronCores: 2 } }, LLAMA_8B],
] as const)('%s is of a Neuron server on a Neuron chip', (rule, parts, config) => {
  const of = (own: object) => alone(rule, endpoint({ ...parts, ...own }, config));
  expect(of({})).toHaveLength(1);
  expect(of({ container: { family: 'vllm' } })).toEqual([]);
  expect(of({ instanceType: 'ml.g5.xlarge' })).toEqual([]);
  expect(of({ instanceType: undefined })).toEqual([]);
});

describe('a server that nobody names on a Neuron instance', () => {
  const own = { family: 'custom', image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/server:1' };
  const ids = (options: object, parts: object = {}, config: Json = LLAMA_8B) =>
    check({ ...endpoint({ options, ...parts }, config) }).findings.map(({ rule, severity }) => `${severity} ${rule}`);

  test.each([undefined, own])('is held to what holds for all of them: %j', (container) => {
    const of = (options: object, instanceType = 'ml.inf2.48xlarge', config: Json = LLAMA_8B) =>
      ids(options, { container, instanceType }, config);
    expect(of({ tensorParallelSize: 32 })).toContain('error NEURON_CORES_EXCEEDED');
    expect(of({ tensorParallelSize: 24 }, 'ml.trn1.32xlarge')).toContain('error NEURON_CORE_TOPOLOGY');
    expect(of({ tensorParallelSize: 1 }, 'ml.trn1.2xlarge')).toContain('error NEURON_CORE_FILLED_BY_WEIGHTS');
    expect(of({ tensorParallelSize: 8 }, 'ml.inf2.24xlarge', LLAMA_70B)).toContain('error WEIGHTS_DO_NOT_FIT');
    expect(of({ batchSize: 4, maxNumSeqs: 16 })).toContain('error NEURON_COMPILED_LENGTH');
    expect(of({ tensorParallelSize: 2, batchSize: 4, sequenceLength: 131_072 }, 'ml.inf2.8xlarge')).toContain(
      'error NEURON_CACHE_DOES_NOT_FIT',
    );
  });

  test.each([undefined, own])(
    'pads heads, takes all cores, and compiles for a length nobody knows: %j',
    (container) => {
      const volume = { endpoint: { volumeSizeInGb: 512 } };
      const of = (options: object, config: Json = LLAMA_70B) => ids(options, { container, ...volume }, config);
      expect(of({ tensorParallelSize: 24, batchSize: 4, sequenceLength: 4096 })).toEqual([]);
      expect(of({})).toEqual([]);
      expect(of({ batchSize: 64 })).toEqual([]);
    },
  );

  test('is read from the variables of Text Generation Inference', () => {
    const of = (environment: object, instanceType = 'ml.inf2.8xlarge', config: Json = LLAMA_8B) =>
      ids({}, { container: undefined, instanceType, environment }, config);
    const shape = { HF_NUM_CORES: '2', HF_BATCH_SIZE: '4', HF_SEQUENCE_LENGTH: '2048' };
    const served = { MAX_BATCH_SIZE: '4', MAX_INPUT_LENGTH: '1512', MAX_TOTAL_TOKENS: '2048' };
    expect(of({ ...shape, ...served })).toEqual([]);
    expect(of({ ...shape, ...served, MAX_BATCH_SIZE: '8' })).toEqual(['error NEURON_COMPILED_LENGTH']);
    expect(of({ ...shape, ...served, MAX_TOTAL_TOKENS: '4096' })).toEqual(['error NEURON_COMPILED_LENGTH']);
    expect(of({ ...shape, MAX_TOTAL_TOKENS: '2048' })).toEqual(['warning NEURON_COMPILED_LENGTH']);
    expect(of({ ...shape, HF_BATCH_SIZE: '1' })).toEqual([]);
    expect(of({ ...shape, ...served, HF_NUM_CORES: '8' })).toContain('error NEURON_CORES_EXCEEDED');
    expect(of({ HF_NUM_CORES: '24' }, 'ml.trn1.32xlarge')).toContain('error NEURON_CORE_TOPOLOGY');
    const long = { HF_NUM_CORES: '2', HF_BATCH_SIZE: '4', HF_SEQUENCE_LENGTH: '131072', MAX_BATCH_SIZE: '4' };
    expect(of(long)).toContain('error NEURON_CACHE_DOES_NOT_FIT');
    expect(of({ ...shape, MAX_BATCH_SIZE: '8' }, 'ml.g5.2xlarge')).toEqual([]);
  });

  test('reads no weights that are packed for GPUs', () => {
    const rule = 'error NEURON_QUANTIZATION_NOT_SERVED';
    const of = (container: object | undefined, config: Json) => ids({}, { container }, config);
    expect(of(undefined, quantized(LLAMA_8B, AWQ))).toContain(rule);
    expect(of(undefined, quantized(LLAMA_8B, GPTQ))).toContain(rule);
    expect(of(undefined, LLAMA_8B)).not.toContain(rule);
    expect(of(own, quantized(LLAMA_8B, AWQ))).not.toContain(rule);
    expect(ids({}, { container: undefined, instanceType: 'ml.g6.12xlarge' }, quantized(LLAMA_8B, AWQ))).not.toContain(
      rule,
    );
  });
});

describe('NEURON_COMPILED_LENGTH', () => {
  const find = (options: object, parts: object = {}) =>
    alone('NEURON_COMPILED_LENGTH', endpoint({ options, ...parts }));

  test.each<[object, string, string]>([
    [
      { sequenceLength: 2048, maxModelLen: 2049 },
      'maxModelLen 2049 with sequenceLength 2048',
      '/options/sequenceLength',
    ],
    [{ batchSize: 4, maxNumSeqs: 5 }, 'maxNumSeqs 5 with batchSize 4', '/options/batchSize'],
  ])('refuses %j', (options, got, path) => {
    expect(find(options)).toMatchObject([{ got, path }]);
    expect(find(options, { container: { family: 'vllm' } })).toEqual([]);
  });

  test.each([
    { sequenceLength: 2048, maxModelLen: 2048, batchSize: 4, maxNumSeqs: 4 },
    { sequenceLength: 2048, batchSize: 4 },
    { maxModelLen: 9000, maxNumSeqs: 9 },
    {},
  ])('passes %j', (options) => {
    expect(find(options)).toEqual([]);
  });

  test('of LMI 0.30 is the model’s, up to 4096', () => {
    const of = (version: string, config: Json = LLAMA_8B) =>
      resolveEndpoint(endpoint({ container: { family: 'lmi-neuron', version }, options: {} }, config) as EndpointSpec)
        .options.sequenceLength;
    expect(of('0.29.0-neuronx-sdk2.19.1')).toBe(128);
    expect(of('0.30.0-neuronx-sdk2.20.1')).toBe(4096);
    expect(of('0.30.0-neuronx-sdk2.20.1', { ...LLAMA_8B, max_position_embeddings: 2048 })).toBe(2048);
    const newer = { container: { family: 'lmi-neuron', version: '0.30.0-neuronx-sdk2.20.1' } };
    expect(find({}, newer)).toEqual([]);
  });

  test('of LMI is 128 where nobody says so', () => {
    expect(find({}, lmi)).toHaveLength(1);
    expect(find({ sequenceLength: 128 }, lmi)).toEqual([]);
    expect(find({ maxModelLen: 2048 }, lmi)).toEqual([]);
    expect(find({}, { container: undefined })).toEqual([]);
  });
});

describe('NEURON_COMPILING_OUTLASTS_START', () => {
  const rule = 'NEURON_COMPILING_OUTLASTS_START';
  const find = (environment: object, config: Json = LLAMA_70B) =>
    alone(rule, endpoint({ ...lmi, environment }, config));

  test('is of large models that nothing shows to be compiled', () => {
    expect(find({})).toMatchObject([{ got: '71 B parameters' }]);
    expect(find({ HF_TOKEN: 'x' })).toHaveLength(1);
    expect(find({}, LLAMA_8B)).toEqual([]);
    expect(alone(rule, { ...endpoint(lmi), model: { id: 'a/b' } })).toEqual([]);
  });

  test('is no matter of what comes from S3, which may be compiled', () => {
    const from = (id: string, modelData?: string) =>
      alone(rule, { ...endpoint(lmi), model: { id, config: LLAMA_70B }, endpoint: { modelData } });
    expect(from('meta-llama/Llama-3.1-70B')).toHaveLength(1);
    expect(from('/opt/ml/model')).toHaveLength(1);
    expect(from('s3://bucket/llama-70b-split/')).toEqual([]);
    expect(from('s3://bucket/llama-70b.tar.gz')).toEqual([]);
    expect(from('meta-textgenerationneuron-llama-3-70b', 'jumpstart')).toEqual([]);
  });

  test('is of the Hugging Face image only where it may compile what its cache has not', () => {
    const hugging = (environment: object) => alone(rule, endpoint({ environment }, LLAMA_70B));
    expect(hugging({})).toEqual([]);
    expect(hugging({ SM_ON_ALLOW_NON_CACHED_MODEL: '' })).toHaveLength(1);
    expect(hugging({ SM_ON_ALLOW_NON_CACHED_MODEL: 'true' })).toHaveLength(1);
  });

  test.each(['OPTION_COMPILED_GRAPH_PATH', 'NEURON_COMPILE_CACHE_URL', 'OPTION_LOAD_NEFF'])(
    'is answered by %s',
    (name) => expect(find({ HF_TOKEN: 'x', [name]: 's3://bucket/prefix' })).toEqual([]),
  );
});

describe('NEURON_CACHE_DOES_NOT_FIT', () => {
  const rule = 'NEURON_CACHE_DOES_NOT_FIT';
  const find = (options: object, memory: object = {}, parts: object = {}) =>
    alone(rule, endpoint({ options, ...parts }), {
      memory: { total: 16 * GIB, weights: 8 * GIB, ...memory },
      kvBytesPerToken: GIB / 2 ** 14,
    });

  test('counts every sequence of the batch at its whole length', () => {
    // 4 GiB of cache for 16 sequences of 4096 tokens, 8 GiB for 32.
    expect(find({ sequenceLength: 4096, batchSize: 32 })).toEqual([]);
    expect(find({ sequenceLength: 4096, batchSize: 48 })).toMatchObject([
      {
        severity: 'error',
        got: expect.stringMatching(/^20\.0 GiB for 16\.0 GiB of a NeuronCore/) as string,
        allowed: '8.0 GiB of KV cache for each core',
        fix: 'set batchSize to 32 or less, or sequenceLength to 2688',
        path: '/options/batchSize',
      },
    ]);
    expect(find({ sequenceLength: 262144, batchSize: 1 })).toMatchObject([
      { fix: 'set sequenceLength to 131072 or less', path: '/options/sequenceLength' },
    ]);
  });

  test('is a warning where the plan is not sure', () => {
    const near = find({ sequenceLength: 4096, batchSize: 32 }, { weights: 8.2 * GIB });
    expect(near).toMatchObject([{ severity: 'warning' }]);
    expect(near[0].message).toContain('within the plan’s own error');
    expect(find({ sequenceLength: 4096, batchSize: 32 }, { weights: 8.3 * GIB })).toMatchObject([
      { severity: 'error' },
    ]);
  });

  test('leaves weights that fill the core to their own rule', () => {
    expect(find({ sequenceLength: 4096, batchSize: 1024 }, { weights: 16 * GIB })).toEqual([]);
    expect(find({ sequenceLength: 4096, batchSize: 1024 }, { weights: null })).toEqual([]);
    expect(find({ sequenceLength: 4096, batchSize: 1024 }, { total: null })).toEqual([]);
  });

  test('says nothing of a length that the image picks from its cache', () => {
    const cached = { batchSize: 1024 };
    expect(find(cached)).toEqual([]);
    expect(find(cached, {}, { environment: { SM_ON_SEQUENCE_LENGTH: '4096' } })).toHaveLength(1);
    expect(find(cached, {}, { environment: { SM_ON_ALLOW_NON_CACHED_MODEL: '' } })).toHaveLength(1);
    expect(find({ ...cached, maxModelLen: 4096 })).toHaveLength(1);
    expect(find(cached, {}, { container: { family: 'vllm-neuron' } })).toHaveLength(1);
  });
});

test('NEURON_ISOLATED_WITHOUT_CACHE is of isolated containers that must find a compiled model', () => {
  const rule = 'NEURON_ISOLATED_WITHOUT_CACHE';
  const isolated = (parts: object = {}, id = 's3://bucket/model/') =>
    alone(rule, { ...endpoint(parts), model: { id, config: LLAMA_8B }, endpoint: { networkIsolation: true } });
  expect(isolated()).toMatchObject([{ path: '/endpoint/networkIsolation' }]);
  expect(isolated({}, 'org/model')).toEqual([]);
  expect(isolated(lmi)).toEqual([]);
  expect(isolated({ environment: { SM_ON_ALLOW_NON_CACHED_MODEL: '' } })).toEqual([]);
  expect(alone(rule, { ...endpoint(), model: { id: 's3://bucket/model/', config: LLAMA_8B } })).toEqual([]);
});

describe('NEURON_ROPE_SCALING_NOT_READ', () => {
  const find = (version: string, scaling: object | null, parts: object = {}) =>
    alone(
      'NEURON_ROPE_SCALING_NOT_READ',
      endpoint({ container: { family: 'lmi-neuron', version }, ...parts }, { ...LLAMA_8B, rope_scaling: scaling }),
    );

  test('is ignored up to SDK 2.19', () => {
    expect(find('0.29.0-neuronx-sdk2.19.1', { rope_type: 'llama3', factor: 8 })).toMatchObject([
      { got: 'rope_scaling llama3', fix: 'use version 0.30.0-neuronx-sdk2.20.1, or the hf-vllm-neuron container' },
    ]);
    expect(find('0.30.0-neuronx-sdk2.20.1', { rope_type: 'llama3', factor: 8 })).toEqual([]);
    expect(find('0.29.0-neuronx-sdk2.19.1', null)).toEqual([]);
    expect(find('0.29.0-neuronx-sdk2.19.1', { type: 'default' })).toEqual([]);
  });

  test('is refused but for two kinds since', () => {
    expect(find('0.30.0-neuronx-sdk2.20.1', { type: 'linear', factor: 2 })[0].message).toContain('refuses');
    expect(find('0.29.0-neuronx-sdk2.19.1', { type: 'linear', factor: 2 })[0].message).toContain('ignores');
    expect(find('0.36.0', { type: 'linear', factor: 2 }, { container: { family: 'lmi' } })).toEqual([]);
  });
});

describe('NEURON_CORE_TOPOLOGY', () => {
  const find = (instanceType: string, tensorParallelSize: number) =>
    alone('NEURON_CORE_TOPOLOGY', endpoint({ instanceType, options: { tensorParallelSize } }));

  test.each([1, 2, 8, 16, 32, 64])('joins %i cores of Trainium', (cores) => {
    expect(find('ml.trn1.32xlarge', cores)).toEqual([]);
  });
  test.each([1, 2, 4, 6, 8, 12, 16, 24])('joins %i cores of Inferentia2', (cores) => {
    expect(find('ml.inf2.48xlarge', cores)).toEqual([]);
  });
  test('joins what it likes of Trainium2', () => {
    expect(find('ml.trn2.48xlarge', 4)).toEqual([]);
  });

  test.each([
    ['ml.trn1.32xlarge', 4, 'error', '1, 2, 8, 16 or 32 cores', 'set tensorParallelSize to 2'],
    ['ml.trn1.32xlarge', 24, 'error', '1, 2, 8, 16 or 32 cores', 'set tensorParallelSize to 16'],
    ['ml.trn1.2xlarge', 4, 'error', '1 or 2 cores', 'set tensorParallelSize to 2'],
    ['ml.inf2.48xlarge', 10, 'warning', '1, 2, 4, 8, 12, 16 or 24 cores', 'set tensorParallelSize to 8'],
    ['ml.inf2.24xlarge', 13, 'warning', '1, 2, 4, 8 or 12 cores', 'set tensorParallelSize to 12'],
    ['ml.inf2.8xlarge', 3, 'warning', '1 or 2 cores', 'set tensorParallelSize to 2'],
  ])('of %s has no ring of %i cores', (instanceType, cores, severity, allowed, fix) => {
    expect(find(instanceType, cores)).toMatchObject([
      { severity, allowed, fix, got: `tensorParallelSize ${cores} on ${instanceType}` },
    ]);
  });
});

describe('NEURON_CORES_EXCEEDED', () => {
  const find = (instanceType: string, options: object, parts: object = {}) =>
    alone('NEURON_CORES_EXCEEDED', endpoint({ instanceType, options, ...parts }));

  test.each([
    ['ml.inf2.8xlarge', { tensorParallelSize: 2 }],
    ['ml.inf2.24xlarge', { tensorParallelSize: 12 }],
    ['ml.trn2.48xlarge', { tensorParallelSize: 64 }],
    ['ml.trn2.48xlarge', { tensorParallelSize: 128, logicalNeuronCores: 1 }],
  ])('%s has the cores for %j', (instanceType, options) => {
    expect(find(instanceType, options)).toEqual([]);
  });

  test.each([
    [
      'ml.inf2.8xlarge',
      { tensorParallelSize: 3 },
      '3 for 2 cores of ml.inf2.8xlarge',
      /^use ml\.(inf2|trn1)\.\w+, or set tensorParallelSize to 2$/,
    ],
    [
      'ml.inf2.8xlarge',
      { tensorParallelSize: 2, pipelineParallelSize: 2 },
      '4 for 2 cores of ml.inf2.8xlarge',
      /^use ml\.(inf2|trn1)\.\w+, or set tensorParallelSize to 1$/,
    ],
    [
      'ml.inf2.24xlarge',
      { tensorParallelSize: 13 },
      '13 for 12 cores of ml.inf2.24xlarge',
      /^use ml\.(inf2|trn1)\.\w+, or set tensorParallelSize to 12$/,
    ],
    [
      'ml.inf2.48xlarge',
      { tensorParallelSize: 64 },
      '64 for 24 cores of ml.inf2.48xlarge',
      /^set tensorParallelSize to 24$/,
    ],
    [
      'ml.trn2.48xlarge',
      { tensorParallelSize: 65 },
      '65 for 64 cores of ml.trn2.48xlarge',
      /^set tensorParallelSize to 64$/,
    ],
  ])('%s has too few for %j', (instanceType, options, got, fix) => {
    expect(find(instanceType, options, { region: 'us-east-1' })).toMatchObject([
      { got, fix: expect.stringMatching(fix) as string },
    ]);
  });
});

test('NEURON_DRIVER_DEFAULT says nothing of LMI, whose images are of its time', () => {
  const rule = 'NEURON_DRIVER_DEFAULT';
  expect(alone(rule, endpoint())).toHaveLength(1);
  expect(alone(rule, endpoint(lmi))).toEqual([]);
  const endpointOptions = { endpoint: { inferenceAmiVersion: 'al2-ami-sagemaker-inference-neuron-2' } };
  expect(alone(rule, endpoint(endpointOptions))).toEqual([]);
  expect(alone(rule, endpoint({ endpoint: {} }))).toHaveLength(1);
});

describe('NEURON_HOST_MEMORY_FOR_COMPILING', () => {
  const find = (instanceType: string, checkpointBytes: number | null) =>
    alone('NEURON_HOST_MEMORY_FOR_COMPILING', endpoint({ instanceType }), { checkpointBytes });

  test('wants nearly twice the checkpoint', () => {
    // ml.inf2.xlarge has 16 GiB, of which 90 % count.
    expect(find('ml.inf2.xlarge', 7 * GIB)).toEqual([]);
    expect(find('ml.inf2.xlarge', 7.3 * GIB)).toMatchObject([
      {
        got: 'a checkpoint of 7.3 GiB for 16.0 GiB of host memory in ml.inf2.xlarge',
        allowed: 'about 14.6 GiB of host memory',
        fix: 'use ml.inf2.8xlarge, or compile on another machine and deploy the artifact',
      },
    ]);
    expect(find('ml.trn1.2xlarge', 15 * GIB)[0].fix).toMatch(/^use ml\.trn1\.32xlarge, or/);
    expect(find('ml.inf2.48xlarge', 400 * GIB)[0].fix).toBe('compile on another machine and deploy the artifact');
    expect(find('ml.inf2.xlarge', null)).toEqual([]);
  });
});

describe('NEURON_KV_HEADS_EXPANDED', () => {
  const find = (heads: number, kvHeads: number, tensorParallelSize: number) =>
    alone(
      'NEURON_KV_HEADS_EXPANDED',
      endpoint(
        { options: { tensorParallelSize } },
        { ...LLAMA_8B, num_attention_heads: heads, num_key_value_heads: kvHeads, head_dim: 128 },
      ),
    );

  test.each([
    [32, 8, 8],
    [32, 8, 4],
    [32, 8, 16],
    [48, 48, 32],
    [32, 1, 12],
  ])('%i heads with %i for keys spread over %i cores', (...of) => {
    expect(find(...of)).toEqual([]);
  });

  test.each([
    [48, 8, 12, '8 KV heads do not spread over 12 NeuronCores, so they become 48 and the KV cache grows 6 times', 8],
    [32, 8, 12, '8 KV heads do not spread over 12 NeuronCores, so they become 36 and the KV cache grows 5 times', 8],
    [24, 6, 4, '6 KV heads do not spread over 4 NeuronCores, so they become 24 and the KV cache grows 4 times', 2],
    [24, 4, 6, '4 KV heads do not spread over 6 NeuronCores, so they become 24 and the KV cache grows 6 times', 4],
    [28, 7, 8, '7 KV heads do not spread over 8 NeuronCores, so they become 32 and the KV cache grows 5 times', 1],
    [32, 2, 3, '2 KV heads do not spread over 3 NeuronCores, so they become 33 and the KV cache grows 17 times', 2],
    [32, 4, 24, undefined, 8],
  ])('%i heads with %i for keys do not spread over %i cores', (heads, kvHeads, cores, what, fix) => {
    const found = find(heads, kvHeads, cores);
    if (what === undefined) return expect(found).toEqual([]);
    expect(found).toMatchObject([
      { message: expect.stringContaining(what) as string, fix: `set tensorParallelSize to ${fix}` },
    ]);
  });

  test('are no matter of other servers, nor of cores that the image picks from its cache', () => {
    const rule = 'NEURON_KV_HEADS_EXPANDED';
    const twelve = (parts: object) => alone(rule, endpoint({ instanceType: 'ml.inf2.24xlarge', ...parts }));
    expect(twelve({ options: { tensorParallelSize: 12 } })).toHaveLength(1);
    expect(twelve({ ...lmi, options: { tensorParallelSize: 12 } })).toEqual([]);
    expect(twelve({ options: {} })).toEqual([]);
    expect(twelve({ options: {}, environment: { SM_ON_TENSOR_PARALLEL_SIZE: '12' } })).toHaveLength(1);
    expect(twelve({ options: {}, environment: { SM_ON_ALLOW_NON_CACHED_MODEL: '' } })).toHaveLength(1);
  });

  test('are no matter of latents, nor of models that nobody knows', () => {
    const latent = {
      ...{
        architectures: ['DeepseekV2ForCausalLM'],
        model_type: 'deepseek_v2',
        hidden_size: 2048,
        intermediate_size: 10_944,
      },
      ...{ num_attention_heads: 16, num_key_value_heads: 10, num_hidden_layers: 27, vocab_size: 102_400 },
      ...{ kv_lora_rank: 512, qk_rope_head_dim: 64, qk_nope_head_dim: 128, v_head_dim: 128, q_lora_rank: null },
      ...{ n_routed_experts: 64, n_shared_experts: 2, num_experts_per_tok: 6, moe_intermediate_size: 1408 },
      ...{ first_k_dense_replace: 1, max_position_embeddings: 163_840 },
    };
    expect(alone('NEURON_KV_HEADS_EXPANDED', endpoint({ options: { tensorParallelSize: 12 } }, latent))).toEqual([]);
    expect(alone('NEURON_KV_HEADS_EXPANDED', { ...endpoint(), model: { id: 'a/b' } })).toEqual([]);
  });
});

describe('NEURON_LARGE_INT8_KNOWN_FAILURE', () => {
  const find = (parts: object, config: Json = LLAMA_70B) =>
    alone(
      'NEURON_LARGE_INT8_KNOWN_FAILURE',
      endpoint({ ...lmi, quantization: 'neuron-int8', instanceType: 'ml.inf2.24xlarge', ...parts }, config),
    );

  test('is of 60 B and more on twelve cores of LMI', () => {
    expect(find({})).toMatchObject([{ got: '71 B parameters on ml.inf2.24xlarge', fix: 'use ml.inf2.48xlarge' }]);
    expect(find({ instanceType: 'ml.inf2.8xlarge' })).toHaveLength(1);
    expect(find({ instanceType: 'ml.inf2.48xlarge' })).toEqual([]);
    expect(find({ instanceType: undefined })).toEqual([]);
    expect(find({})[0].message).toContain('of this size in INT8 is reported');
    expect(find({ quantization: 'none' })[0].message).toContain('of this size is reported');
    expect(find({ container: { family: 'hf-vllm-neuron' } })).toEqual([]);
    expect(find({ container: undefined })).toEqual([]);
    expect(find({}, LLAMA_8B)).toEqual([]);
    expect(find({ model: { id: 'a/b' } })).toEqual([]);
  });
});

describe('NEURON_LOGICAL_CORES', () => {
  const find = (instanceType: string, logicalNeuronCores: number) =>
    alone('NEURON_LOGICAL_CORES', endpoint({ instanceType, options: { logicalNeuronCores } }));

  test.each([
    ['ml.inf2.8xlarge', 1],
    ['ml.trn2.48xlarge', 1],
    ['ml.trn2.48xlarge', 2],
  ])('%s takes %i', (instanceType, cores) => {
    expect(find(instanceType, cores)).toEqual([]);
  });

  test.each([
    ['ml.inf2.8xlarge', 2, 'logicalNeuronCores is 1 on Inferentia2', '1', 'set logicalNeuronCores to 1'],
    ['ml.trn1.32xlarge', 2, 'logicalNeuronCores is 1 on Trainium,', '1', 'set logicalNeuronCores to 1'],
    ['ml.trn2.48xlarge', 3, 'logicalNeuronCores is 1 or 2 on Trainium2', '1 or 2', 'set logicalNeuronCores to 2'],
  ])('%s does not take %i', (instanceType, cores, what, allowed, fix) => {
    expect(find(instanceType, cores)).toMatchObject([
      { message: expect.stringContaining(what) as string, got: String(cores), allowed, fix },
    ]);
  });
});

describe('NEURON_ARCHITECTURE_NOT_EXPORTED', () => {
  const find = (parts: object, config: Json) => alone('NEURON_ARCHITECTURE_NOT_EXPORTED', endpoint(parts, config));

  test('is an error where the list is closed, a warning where it is documentation', () => {
    expect(find({}, LLAMA_8B)).toEqual([]);
    expect(find({}, GEMMA2_2B)).toMatchObject([{ severity: 'error', got: 'model_type gemma2' }]);
    expect(find(lmi, GEMMA2_2B)).toMatchObject([{ severity: 'warning', got: 'model_type gemma2' }]);
    expect(find({ container: { family: 'vllm' } }, GEMMA2_2B)).toEqual([]);
    expect(alone('NEURON_ARCHITECTURE_NOT_EXPORTED', { ...endpoint(), model: { id: 'a/b' } })).toEqual([]);
  });

  test('knows the release that the images have, and only warns of what a later one lists', () => {
    const gemma3 = { ...GEMMA2_2B, architectures: ['Gemma3ForCausalLM'], model_type: 'gemma3_text' };
    expect(find({}, gemma3)).toMatchObject([{ severity: 'error' }]);
    expect(find({ container: { family: 'vllm-neuron' } }, gemma3)).toMatchObject([{ severity: 'warning' }]);
    expect(find({ container: { family: 'vllm-neuron' } }, QWEN3_SMALL)).toEqual([]);
  });

  test('goes by the model type, else by that of the architecture', () => {
    expect(find({}, { ...QWEN3_SMALL, model_type: 'gemma2' })).toHaveLength(1);
    expect(find({}, { ...LLAMA_8B, model_type: undefined })).toEqual([]);
  });
});

test.each([
  ['ml.inf2.48xlarge', '3', undefined],
  ['ml.inf2.24xlarge', '2', /, or set tensorParallelSize to 4$/],
  ['ml.inf2.24xlarge', '13', /set the data-parallel size to at most 12$/],
])('engines side by side on %s: %s of 8 cores', (instanceType, engines, fix) => {
  const [finding] = alone('NEURON_CORES_EXCEEDED', {
    ...endpoint({ instanceType, options: { tensorParallelSize: 8 } }, LLAMA_8B),
    container: { family: 'hf-vllm-neuron' },
    environment: { SM_ON_DATA_PARALLEL_SIZE: engines },
  });
  if (fix === undefined) expect(finding).toBeUndefined();
  else expect(finding.fix).toMatch(fix);
});
