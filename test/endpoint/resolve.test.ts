import { findModelConfig } from '../../lib/model';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { environmentOptions, environmentSettings } from '../../lib/endpoint/environment';
import { atLeast } from '../../lib/endpoint/version';
import { optionVariablesOf } from '../../lib/container';
import { CONTAINER_FAMILIES, type ContainerFamily, type EndpointSpec } from '../../lib/spec/types';

const config = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14_336,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  num_hidden_layers: 32,
  vocab_size: 128_256,
  max_position_embeddings: 131_072,
  torch_dtype: 'bfloat16',
};

function optionsOf(spec: Omit<EndpointSpec, 'model'>) {
  return resolveEndpoint({ model: { config }, ...spec }).options;
}

describe('the model', () => {
  test('is known by its name alone, where it is a well-known one', () => {
    expect(resolveEndpoint({ model: { id: 'Qwen/Qwen3-8B' } }).model).toMatchObject({ modelType: 'qwen3' });
    expect(resolveEndpoint({ model: { id: 'me/Qwen3-8B-tuned' } }).model).toBeUndefined();
    expect(resolveEndpoint({ model: {} }).model).toBeUndefined();
  });

  test('is what its own config says, whatever its name', () => {
    expect(resolveEndpoint({ model: { id: 'Qwen/Qwen3-8B', config } }).model).toMatchObject({ modelType: 'llama' });
  });
});

describe('what a server does that nobody set', () => {
  test.each<[string, string | undefined, string, Partial<ReturnType<typeof optionsOf>>]>([
    [
      'vllm',
      '0.6.3',
      'ml.g5.2xlarge',
      { maxNumSeqs: 256, maxNumBatchedTokens: 512, enableChunkedPrefill: true, gpuMemoryUtilization: 0.9 },
    ],
    ['vllm', '0.7.3', 'ml.g5.2xlarge', { maxNumBatchedTokens: 2048, enablePrefixCaching: false }],
    ['vllm', '0.8.5', 'ml.p4de.24xlarge', { maxNumSeqs: 1024, maxNumBatchedTokens: 8192, enablePrefixCaching: true }],
    ['vllm', '0.9.2', 'ml.p4de.24xlarge', { maxNumSeqs: 256, maxNumBatchedTokens: 2048 }],
    ['vllm', '0.14.1', 'ml.p5.48xlarge', { maxNumSeqs: 1024, maxNumBatchedTokens: 8192, gpuMemoryUtilization: 0.9 }],
    ['vllm', '0.30.0', 'ml.g5.2xlarge', { maxNumSeqs: 256, maxNumBatchedTokens: 2048, gpuMemoryUtilization: 0.92 }],
    ['vllm', '0.30.0', 'ml.p6-b200.48xlarge', { maxNumSeqs: 1024, maxNumBatchedTokens: 16_384 }],
    ['sglang', undefined, 'ml.g5.2xlarge', { gpuMemoryUtilization: 0.684, maxNumBatchedTokens: 4096 }],
    ['lmi-trtllm', undefined, 'ml.g5.12xlarge', { tensorParallelSize: 4, maxNumSeqs: 256, gpuMemoryUtilization: 0.95 }],
  ])('%s %s on %s', (family, version, instanceType, expected) => {
    const container = { family: family as ContainerFamily, ...(version === undefined ? {} : { version }) };
    expect(optionsOf({ container, instanceType })).toMatchObject(expected);
  });

  test('vLLM before V1 takes prompts whole up to 32 K of context', () => {
    const container = { family: 'vllm', version: '0.6.3' } as const;
    expect(optionsOf({ container, options: { maxModelLen: 20_000 } })).toMatchObject({
      enableChunkedPrefill: false,
      maxNumBatchedTokens: 20_000,
    });
  });

  describe('vLLM before V1 takes long prompts whole', () => {
    const stepOf = (id: string, version: string, options: EndpointSpec['options'] = {}) =>
      resolveEndpoint({ model: { id }, container: { family: 'vllm', version }, options }).options.maxNumBatchedTokens;
    const [text, images, latent] = ['Qwen/Qwen3-8B', 'Qwen/Qwen2.5-VL-7B-Instruct', 'deepseek-ai/DeepSeek-V3'];
    const long = { maxModelLen: 40_000 };
    test.each([
      ['with LoRA', text, '0.6.3', { ...long, enableLora: true }, 40_000],
      ['without', text, '0.6.3', long, 512],
      ['with images, from 0.6.2 on', images, '0.6.2', long, 40_000],
      ['with images, before', images, '0.6.1', long, 512],
      ['of latent attention, from 0.8 on', latent, '0.8.1', long, 40_000],
      ['of latent attention, before', latent, '0.7.3', long, 2048],
    ])('%s', (_, id, version, options, step) => {
      const environment = { VLLM_USE_V1: '0' };
      const { options: resolved } = resolveEndpoint({
        model: { id },
        container: { family: 'vllm', version },
        options,
        environment,
      });
      expect(resolved.maxNumBatchedTokens).toBe(step);
    });
    test('of layers that all have a window', () => {
      const of = (rest: object) => {
        const config = { ...findModelConfig(text), max_position_embeddings: 40_960, ...rest };
        const { options } = resolveEndpoint({
          model: { config },
          container: { family: 'vllm', version: '0.7.3' },
          options: long,
        });
        return options.maxNumBatchedTokens;
      };
      const phi = { architectures: ['Phi3ForCausalLM'], model_type: 'phi3', use_sliding_window: undefined };
      expect(of({ ...phi, sliding_window: 262_144 })).toBe(40_000);
      expect(of({ ...phi, sliding_window: null })).toBe(2048);
      expect(of({ sliding_window: 4096, use_sliding_window: true })).toBe(40_000);
      expect(of({ sliding_window: 4096, use_sliding_window: false })).toBe(2048);
    });
    test('with a draft, however it is asked for', () => {
      const of = (rest: Partial<EndpointSpec>, version = '0.8.4') =>
        resolveEndpoint({
          model: { id: text },
          container: { family: 'vllm', version },
          options: long,
          ...rest,
          environment: { VLLM_USE_V1: '0', ...rest.environment },
        }).options.maxNumBatchedTokens;
      expect(of({})).toBe(2048);
      expect(of({ speculative: { method: 'ngram', tokens: 3 } })).toBe(40_000);
      const asked = JSON.stringify({ method: 'ngram', num_speculative_tokens: 3 });
      expect(of({ environment: { SM_VLLM_SPECULATIVE_CONFIG: asked } })).toBe(40_000);
      expect(of({ environment: { SM_VLLM_SPECULATIVE_MODEL: '[ngram]' } }, '0.6.3')).toBe(40_000);
    });
    test('and steps of models with images have room for one', () => {
      const short = { maxModelLen: 2048 };
      expect(stepOf(images, '0.6.1', short)).toBe(2048);
      expect(stepOf(images, '0.6.2', short)).toBe(4096);
      expect(stepOf(images, '0.7.3', short)).toBe(5120);
      expect(stepOf(images, '0.7.3', { ...long, enableChunkedPrefill: true })).toBe(5120);
      expect(stepOf(text, '0.7.3', short)).toBe(2048);
    });
  });

  test('LMI takes all GPUs, and 32 sequences where vLLM alone takes 256', () => {
    expect(optionsOf({ container: { family: 'lmi' }, instanceType: 'ml.g5.12xlarge' })).toMatchObject({
      tensorParallelSize: 4,
      maxNumSeqs: 32,
    });
    expect(optionsOf({ container: { family: 'lmi' }, environment: { OPTION_ROLLING_BATCH: 'vllm' } }).maxNumSeqs).toBe(
      256,
    );
  });

  test('LMI leaves the GPUs that pipeline stages take', () => {
    expect(
      optionsOf({
        container: { family: 'lmi' },
        instanceType: 'ml.g5.48xlarge',
        options: { pipelineParallelSize: 2 },
      }).tensorParallelSize,
    ).toBe(4);
  });

  test('llama.cpp spreads its layers over all GPUs, in four slots', () => {
    expect(optionsOf({ container: { family: 'llama-cpp' }, instanceType: 'ml.g5.12xlarge' })).toMatchObject({
      tensorParallelSize: 1,
      pipelineParallelSize: 4,
      slots: 4,
    });
  });

  test('Neuron counts cores, two physical ones to a logical one on Trainium2', () => {
    const container = { family: 'hf-vllm-neuron' } as const;
    expect(optionsOf({ container, instanceType: 'ml.inf2.48xlarge' }).tensorParallelSize).toBe(24);
    expect(optionsOf({ container, instanceType: 'ml.trn2.48xlarge' })).toMatchObject({
      tensorParallelSize: 64,
      logicalNeuronCores: 2,
    });
  });

  test('the context is the model’s, unless it is set; 0 is not set', () => {
    expect(optionsOf({ container: { family: 'vllm' } }).maxModelLen).toBe(131_072);
    expect(optionsOf({ container: { family: 'vllm' }, options: { maxModelLen: 4096 } }).maxModelLen).toBe(4096);
    expect(
      optionsOf({ container: { family: 'llama-cpp' }, environment: { SM_LLAMA_CPP_CTX_SIZE: '0' } }).maxModelLen,
    ).toBe(131_072);
  });

  test('the context of vLLM is the shortest of the lengths that a config gives, unless a scaling says it', () => {
    const of = (lengths: object) => {
      const model = { config: { ...config, max_position_embeddings: 32_768, ...lengths } };
      return resolveEndpoint({ model, container: { family: 'vllm' } }).options.maxModelLen;
    };
    expect(of({})).toBe(32_768);
    expect(of({ seq_length: 8192, n_positions: 16_384 })).toBe(8192);
    expect(of({ seq_length: 65_536 })).toBe(32_768);
    expect(of({ seq_length: 8192, rope_scaling: { type: 'linear', factor: 2 } })).toBe(65_536);
    expect(of({ max_position_embeddings: undefined, seq_length: 8192 })).toBe(8192);
    expect(of({ max_position_embeddings: undefined })).toBeUndefined();
  });

  test('without a container there are the defaults that hold everywhere', () => {
    expect(optionsOf({})).toMatchObject({ tensorParallelSize: 1, gpuMemoryUtilization: 0.9, dtype: 'auto' });
  });
});

describe('variables of a container', () => {
  test.each<[ContainerFamily, Record<string, string>, object]>([
    [
      'vllm',
      { SM_VLLM_MAX_MODEL_LEN: '8192', SM_VLLM_ENFORCE_EAGER: 'true' },
      { maxModelLen: 8192, enforceEager: true },
    ],
    ['vllm', { SM_VLLM_ENABLE_PREFIX_CACHING: 'false' }, {}],
    ['vllm', { SM_VLLM_NO_ENABLE_PREFIX_CACHING: 'true' }, { enablePrefixCaching: false }],
    [
      'lmi',
      { OPTION_MAX_ROLLING_BATCH_SIZE: '64', OPTION_QUANTIZE: 'awq' },
      { maxNumSeqs: 64, quantizationFlag: 'awq' },
    ],
    ['lmi', { TENSOR_PARALLEL_DEGREE: 'max' }, {}],
    ['lmi', { OPTION_ENFORCE_EAGER: 'false' }, { enforceEager: false }],
    [
      'sglang',
      { SM_SGLANG_TP: '2', SM_SGLANG_DISABLE_CUDA_GRAPH: 'true' },
      { tensorParallelSize: 2, enforceEager: true },
    ],
    ['llama-cpp', { SM_LLAMA_CPP_N_GPU_LAYERS: 'all', SM_LLAMA_CPP_PARALLEL: '8' }, { gpuLayers: Infinity, slots: 8 }],
    ['llama-cpp', { SM_LLAMA_CPP_N_GPU_LAYERS: 'auto' }, {}],
    [
      'vllm',
      { SM_VLLM_MAX_MODEL_LEN: '16k', SM_VLLM_MAX_NUM_BATCHED_TOKENS: '8K' },
      { maxModelLen: 16_000, maxNumBatchedTokens: 8192 },
    ],
    ['sglang', { SM_SGLANG_EP_SIZE: '8' }, { expertParallel: true }],
    ['sglang', { SM_SGLANG_EP: '1', SM_SGLANG_EXPERT_PARALLEL_SIZE: 'all' }, { expertParallel: false }],
    ['sglang', { SM_SGLANG_ENABLE_EP_MOE: 'true' }, { expertParallel: true }],
    ['sglang', { SM_SGLANG_ENABLE_DEEPEP_MOE: '' }, { expertParallel: true }],
    ['lmi-neuron', { OPTION_N_POSITIONS: '2048' }, { sequenceLength: 2048 }],
    ['custom', { SM_VLLM_MAX_MODEL_LEN: '8192' }, {}],
    ['vllm', { OPTION_MAX_MODEL_LEN: '8192', SM_VLLM_MAX_MODEL_LEN: 'lots' }, {}],
    ['vllm', { __proto__x: '1', constructor: '2' }, {}],
  ])('of %s: %j', (family, environment, expected) => {
    expect(environmentOptions(family, environment)).toEqual(expected);
  });

  test('are the same that the container sets for an option', () => {
    const numbers = [
      'tensorParallelSize',
      'maxModelLen',
      'maxNumSeqs',
      'gpuMemoryUtilization',
      'sequenceLength',
      'slots',
    ];
    for (const family of CONTAINER_FAMILIES)
      for (const [option, variable] of Object.entries(optionVariablesOf(family))) {
        if (!numbers.includes(option)) continue;
        const [setting] = environmentSettings(family, { [variable]: '1' });
        expect(`${family} ${variable} ${setting?.value}`).toBe(`${family} ${variable} 1`);
      }
  });

  test('are named, so that a rule can name them', () => {
    expect(environmentSettings('vllm', { SM_VLLM_MAX_NUM_SEQS: '16' })).toEqual([
      { option: 'maxNumSeqs', variable: 'SM_VLLM_MAX_NUM_SEQS', value: 16 },
    ]);
  });

  test('give way to options', () => {
    const environment = { SM_VLLM_MAX_NUM_SEQS: '16', SM_VLLM_MAX_MODEL_LEN: '2048' };
    expect(optionsOf({ container: { family: 'vllm' }, environment, options: { maxNumSeqs: 8 } })).toMatchObject({
      maxNumSeqs: 8,
      maxModelLen: 2048,
    });
  });
});

test('a config is understood once, whoever parsed it', () => {
  const first = resolveEndpoint({ model: { config } }).model;
  expect(resolveEndpoint({ model: { config } }).model).toBe(first);
  expect(resolveEndpoint({ model: { config: structuredClone(config) } }).model).toBe(first);
});

test.each([
  [[0, 8, 3], [0, 8], true],
  [[0, 8], [0, 8, 1], false],
  [[0, 10], [0, 9, 9], true],
  [[1], [0, 99], true],
  [undefined, [0], false],
] as const)('version %j is at least %j: %s', (version, least, expected) => {
  expect(atLeast(version, least)).toBe(expected);
});
