import { renderContainer, resolveContainer } from '../../lib/container';
import type { EffectiveOptions, ResolvedEndpoint } from '../../lib/endpoint/types';
import { findInstance } from '../../lib/hardware';
import { parseScheme } from '../../lib/scheme';
import type { ContainerFamily, EndpointSpec } from '../../lib/spec/types';

const OPTIONS: EffectiveOptions = {
  tensorParallelSize: 4,
  pipelineParallelSize: 1,
  expertParallel: false,
  gpuMemoryUtilization: 0.9,
  enforceEager: false,
  dtype: 'auto',
  kvCacheDtype: 'auto',
  enableLora: false,
  maxLoras: 1,
  maxLoraRank: 16,
  loadFormat: 'auto',
  trustRemoteCode: false,
  kvTypeK: 'f16',
  kvTypeV: 'f16',
  flashAttention: 'auto',
};

/** An endpoint resolved as far as a container looks at it. */
function endpoint(
  family: ContainerFamily,
  version: string | undefined,
  spec: Partial<EndpointSpec> = {},
): ResolvedEndpoint {
  const instance = spec.instanceType === undefined ? undefined : findInstance(spec.instanceType);
  return {
    spec: { model: { id: 'org/model' }, ...spec, container: { family, version } },
    instance,
    container: resolveContainer({ family, version }, undefined, instance),
    scheme: parseScheme('none', { origin: 'default' }),
    options: OPTIONS,
  };
}

const render = (...args: Parameters<typeof endpoint>) => renderContainer(endpoint(...args));
const after = (command: readonly string[], flag: string) => command[command.indexOf(flag) + 1];

describe('the AWS vLLM image', () => {
  test('turns options into variables and variables into arguments', () => {
    const rendered = render('vllm', '0.28.0', {
      options: {
        tensorParallelSize: 2,
        maxModelLen: 8192,
        enforceEager: true,
        enablePrefixCaching: false,
        trustRemoteCode: false,
      },
    });
    expect(rendered.environment).toEqual({
      SM_VLLM_MODEL: 'org/model',
      SM_VLLM_TENSOR_PARALLEL_SIZE: '2',
      SM_VLLM_MAX_MODEL_LEN: '8192',
      SM_VLLM_ENFORCE_EAGER: 'true',
      SM_VLLM_NO_ENABLE_PREFIX_CACHING: 'true',
    });
    expect(rendered.command).toEqual(
      (
        'standard-supervisor python3 -m vllm.entrypoints.openai.api_server --port 8080 --enforce-eager --max-model-len 8192 ' +
        '--model org/model --no-enable-prefix-caching --tensor-parallel-size 2'
      ).split(' '),
    );
  });

  test('takes the model that the platform puts into /opt/ml/model', () => {
    const rendered = render('vllm', '0.28.0', {
      endpoint: { modelData: 's3-prefix', networkIsolation: true },
    });
    expect(rendered.environment).toEqual({ SM_VLLM_MODEL: '/opt/ml/model', HF_HUB_OFFLINE: '1' });
    expect(after(rendered.command, '--model')).toBe('/opt/ml/model');
  });

  test('falls back to HF_MODEL_ID where nothing else names a model', () => {
    const spec = { model: {}, environment: { HF_MODEL_ID: 'org/other' } };
    expect(after(render('vllm', '0.28.0', spec).command, '--model')).toBe('org/other');
    expect(render('vllm', '0.16.0', spec).command).not.toContain('--model');
  });

  test.each([
    ['0.16.0', ['--enforce-eager', 'true', '--served-model-name', '["a","b"]', '--swap-space', 'false']],
    ['0.24.0', ['--enforce-eager', '--served-model-name', '["a","b"]']],
    ['0.28.0', ['--enforce-eager', '--served-model-name', 'a', 'b']],
  ])('of %s passes true, false and lists on as its entry point does', (version, expected) => {
    const environment = {
      SM_VLLM_MODEL: 'm',
      SM_VLLM_ENFORCE_EAGER: 'true',
      SM_VLLM_SERVED_MODEL_NAME: '["a","b"]',
      SM_VLLM_SWAP_SPACE: 'false',
    };
    const { command } = render('vllm', version, { environment });
    expect(command.includes('standard-supervisor')).toBe(version !== '0.16.0');
    const rest = command.slice(command.indexOf('8080') + 1);
    expect(rest.filter((token) => token !== '--model' && token !== 'm')).toEqual(expected);
  });

  test.each([
    [
      'SM_VLLM_LORA_MODULES',
      '[{"name":"a","path":"/a"},{"name":"b","path":"/b"}]',
      ['--lora-modules', '{"name":"a","path":"/a"}', '{"name":"b","path":"/b"}'],
    ],
    ['SM_VLLM_LORA_MODULES', '[]', []],
    ['SM_VLLM_LORA_MODULES', '{"name": "a}"} {"name":"b"}', ['--lora-modules', '{"name":"a}"}', '{"name":"b"}']],
    ['SM_VLLM_LORA_MODULES', '{"a":1} x {"b":2}', ['--lora-modules', '{"a":1} x {"b":2}']],
    ['SM_VLLM_ALLOWED_ORIGINS', '["*"]', ['--allowed-origins', '["*"]']],
    ['SM_VLLM_HF_OVERRIDES', '{"a": 1}', ['--hf-overrides', '{"a": 1}']],
    ['SM_VLLM_TASK', '', ['--task']],
    ['SM_VLLM_ENFORCE_EAGER', ' TRUE ', ['--enforce-eager']],
    ['SM_VLLM_CHAT_TEMPLATE', '[not json]', ['--chat-template', '[not json]']],
  ])('%s=%s becomes %j', (name, value, expected) => {
    const { command } = render('vllm', '0.28.0', { model: {}, environment: { [name]: value } });
    expect(command.slice(6)).toEqual(expected);
  });

  test('gets dtypes in the spelling that every server takes', () => {
    expect(render('vllm', '0.28.0', { options: { dtype: 'bf16' } }).environment.SM_VLLM_DTYPE).toBe('bfloat16');
    expect(render('lmi', undefined, { options: { dtype: 'half' } }).environment.OPTION_DTYPE).toBe('float16');
  });

  test('adds its routing middleware in the AL2023 image', () => {
    expect(render('vllm', 'server-sagemaker-cuda-v2.4').command.slice(-2)).toEqual([
      '--middleware',
      'sagemaker_serve.SageMakerRouteMiddleware',
    ]);
  });

  test('takes speculative decoding as JSON', () => {
    const { environment } = render('vllm', '0.28.0', {
      speculative: { method: 'draft', model: 'org/small', tokens: 4 },
    });
    expect(JSON.parse(environment.SM_VLLM_SPECULATIVE_CONFIG)).toEqual({
      method: 'draft_model',
      model: 'org/small',
      num_speculative_tokens: 4,
    });
  });
});

describe('LMI', () => {
  test('hands vLLM what its handler makes of the properties, and drops what vLLM has no field for', () => {
    const { command } = render('lmi', '0.36.0-lmi27', {
      options: { maxModelLen: 8192, maxNumSeqs: 64, enablePrefixCaching: false },
      environment: { OPTION_MAX_LENGTH: '1', OPTION_KV_CACHE_DTYPE: 'fp8' },
    });
    expect(command).toEqual(
      (
        'djl_python.lmi_vllm.vllm_async_service --model org/model --tensor_parallel_size 4 --pipeline_parallel_size 1 ' +
        '--max_num_seqs 64 --dtype auto --revision None --max_loras 4 --no-enable_lora --no-trust_remote_code ' +
        '--cpu_offload_gb 0 --quantization None --runner auto --convert auto --no-enable_prefix_caching --kv_cache_dtype fp8 ' +
        '--max_model_len 8192'
      ).split(' '),
    );
  });

  test.each([
    ['0.36.0-lmi24', ['--enable_prefix_caching', '--max_model_len', '4096']],
    ['0.33.0-lmi15', ['--enable_prefix_caching', '--max_model_len=4096']],
  ])('%s spells arguments as it did', (version, expected) => {
    const { command } = render('lmi', version, {
      options: { maxModelLen: 4096, enablePrefixCaching: true, enforceEager: false },
    });
    expect(command.slice(-expected.length)).toEqual(expected);
    expect(command.join(' ')).not.toContain('no-enforce_eager');
  });

  test('caps concurrency at 32 unless told otherwise, 256 in the rolling batch of old', () => {
    expect(after(render('lmi', '0.36.0-lmi27').command, '--max_num_seqs')).toBe('32');
    expect(
      after(render('lmi', '0.36.0-lmi27', { environment: { OPTION_ROLLING_BATCH: 'vllm' } }).command, '--max_num_seqs'),
    ).toBe('256');
    expect(render('lmi', '0.33.0-lmi15').command).toContain('--max_num_seqs=256');
  });

  test('translates the names of the TGI image', () => {
    const { command } = render('lmi', '0.36.0-lmi27', {
      environment: { MAX_BATCH_SIZE: '8', SM_NUM_GPUS: '2', ENABLE_CUDA_GRAPHS: 'false', CUDA_MEMORY_FRACTION: '0.8' },
    });
    expect(after(command, '--max_num_seqs')).toBe('8');
    expect(after(command, '--tensor_parallel_size')).toBe('2');
    expect(command).toContain('--enforce_eager');
    expect(after(command, '--gpu_memory_utilization')).toBe('0.8');
  });
});

describe('other containers', () => {
  test('TensorRT-LLM 0.33 reads quant_algo and not quantize, 0.32 the reverse', () => {
    const environment = { OPTION_QUANTIZE: 'awq', OPTION_QUANT_ALGO: 'W4A16_AWQ', OPTION_MAX_INPUT_LEN: '2048' };
    const now = render('lmi-trtllm', '0.33.0', { environment }).command;
    const then = render('lmi-trtllm', '0.32.0', { environment }).command;
    expect(now).toEqual(
      expect.arrayContaining(['trt_llm_partition.py', '--quant_algo', 'W4A16_AWQ', '--max_input_len']),
    );
    expect(now).not.toContain('--quantize');
    expect(then).toEqual(expect.arrayContaining(['tensorrt_llm_toolkit.create_model_repo', '--quantize', 'awq']));
    expect(then).not.toContain('--quant_algo');
  });

  test('SGLang gets its defaults after what is set', () => {
    const { command, environment } = render('sglang', '0.5.20', {
      options: { tensorParallelSize: 2, enforceEager: true, enablePrefixCaching: false },
    });
    expect(environment.SM_SGLANG_DISABLE_RADIX_CACHE).toBe('true');
    expect(command).toEqual(
      'python3 -m sglang.launch_server --disable-cuda-graph --disable-radix-cache --model-path org/model --tensor-parallel-size 2 --port 8080 --host 0.0.0.0'.split(
        ' ',
      ),
    );
  });

  test.each([
    ['0.3.6', 'SM_SGLANG_EP_SIZE', '4'],
    ['0.5.2', 'SM_SGLANG_ENABLE_EP_MOE', 'true'],
    ['0.5.3', 'SM_SGLANG_EP_SIZE', '4'],
  ])('SGLang %s spreads experts by %s=%s', (version, name, value) => {
    const spread = (expertParallel: boolean) =>
      Object.entries(
        render('sglang', version, { options: { tensorParallelSize: 4, expertParallel } }).environment,
      ).filter(([variable]) => /_EP_/.test(variable));
    expect(spread(true)).toEqual([[name, value]]);
    expect(spread(false)).toEqual([]);
  });

  test.each([
    ['sglang', 'SM_SGLANG_KV_CACHE_DTYPE', 'fp8', 'fp8_e4m3'],
    ['sglang', 'SM_SGLANG_KV_CACHE_DTYPE', 'fp8_e5m2', 'fp8_e5m2'],
    ['vllm', 'SM_VLLM_KV_CACHE_DTYPE', 'fp8', 'fp8'],
  ] as const)('an FP8 cache has its own name in %s (%s=%s)', (family, variable, kvCacheDtype, expected) => {
    expect(render(family, undefined, { options: { kvCacheDtype } }).environment[variable]).toBe(expected);
  });

  test('llama.cpp serves a file of the model folder, or one from the hub', () => {
    const options = { maxModelLen: 8192, slots: 2, kvTypeK: 'q8_0', flashAttention: 'on' };
    const local = render('llama-cpp', undefined, {
      options,
      endpoint: { modelData: 's3-prefix' },
      instanceType: 'ml.c7g.2xlarge',
    });
    expect(local.command).toEqual(
      'llama-server --host 127.0.0.1 --port 8081 --model /opt/ml/model/*.gguf --cache-type-k q8_0 --ctx-size 8192 --flash-attn on --parallel 2'.split(
        ' ',
      ),
    );
    const hub = render('llama-cpp', undefined, { model: { id: 'org/model-GGUF' }, quantization: 'gguf:Q4_K_M' });
    expect(hub.command.slice(-2)).toEqual(['--hf-repo', 'org/model-GGUF:Q4_K_M']);
  });

  test('llama.cpp loses a flag that is switched off, and the value of one that needs it', () => {
    const { command } = render('llama-cpp', undefined, {
      model: {},
      environment: { SM_LLAMA_CPP_FLASH_ATTN: 'true', SM_LLAMA_CPP_WARMUP: 'false', SM_LLAMA_CPP_PORT: '9090' },
    });
    expect(command.slice(5)).toEqual(['--flash-attn']);
  });

  test('vLLM on Neuron is started by optimum', () => {
    const { command } = render('hf-vllm-neuron', undefined, {
      options: { batchSize: 4, sequenceLength: 4096, tensorParallelSize: 2 },
    });
    expect(command).toEqual(
      'optimum-cli neuron serve --batch_size 4 --model org/model --sequence_length 4096 --tensor_parallel_size 2'.split(
        ' ',
      ),
    );
  });

  test('transformers-neuronx in LMI gets the properties it reads', () => {
    const { command } = render('lmi-neuron', undefined, {
      options: { sequenceLength: 4096 },
      environment: { OPTION_QUANTIZE: 'static_int8', OPTION_NOPE: '1' },
    });
    expect(command).toEqual(
      'djl_python.transformers_neuronx --model_id org/model --tensor_parallel_degree 4 --n_positions 4096 --quantize static_int8'.split(
        ' ',
      ),
    );
  });

  test('a custom image keeps its own command, and no container means none', () => {
    expect(render('custom', undefined, { environment: { A: 'b' } })).toEqual({ environment: { A: 'b' }, command: [] });
    expect(renderContainer({ ...endpoint('vllm', undefined), container: undefined }).command).toEqual([]);
  });

  test("the spec's own variables win", () => {
    const { environment } = render('vllm', '0.28.0', {
      options: { maxModelLen: 1 },
      environment: { SM_VLLM_MAX_MODEL_LEN: '2' },
    });
    expect(environment.SM_VLLM_MAX_MODEL_LEN).toBe('2');
  });
});

test('values that are names of every object are passed on as they are', () => {
  expect(render('vllm', '0.28.0', { options: { dtype: 'constructor' } }).environment.SM_VLLM_DTYPE).toBe('constructor');
  const environment = { OPTION_DTYPE: 'toString', OPTION_TASK: 'valueOf' };
  expect(after(render('lmi', '0.36.0-lmi27', { environment }).command, '--dtype')).toBe('toString');
});
