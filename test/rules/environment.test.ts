import { check } from '../../lib/rules';
import { LLAMA_8B } from '../../lib/rules/helpers/samples';
import { alone, findingOf, findingsOf, spec } from './own-findings';

const env = (family: string, environment: object, version?: string, options: object = {}) =>
  spec({ container: { family, version }, environment, options });

describe('VARIABLE_NOT_READ', () => {
  const rule = 'VARIABLE_NOT_READ';
  test.each([
    ['lmi', { OPTION_ROLLING_BACK: 'x' }, undefined, 'use OPTION_ROLLING_BATCH', /has no effect/],
    ['lmi', { TENSOR_PARALLEL_SIZE: '2' }, undefined, 'use OPTION_TENSOR_PARALLEL_DEGREE', /has no effect/],
    ['lmi', { MAX_LENGTH: '1' }, '0.28.0-lmi10.0.0-cu124', 'use OPTION_MAX_MODEL_LEN', /has no effect/],
    ['lmi', { OPTION_QUANTIZATION: 'bitsandbytes' }, '0.30.0', 'use OPTION_QUANTIZE', /has no effect/],
    ['lmi', { SM_VLLM_MAX_MODEL_LEN: '1' }, undefined, 'use OPTION_MAX_MODEL_LEN', /belongs to the AWS vLLM image/],
    ['lmi', { OPTION_ZZZZZZ: '1' }, undefined, 'remove it', /has no such argument/],
    ['lmi', { SERVING_JOB_QUEUE: '1' }, undefined, 'use SERVING_JOB_QUEUE_SIZE', /has no effect/],
    ['vllm', { SM_VLLM_SWAP_SPACE: '1' }, '0.28.0', 'remove it', /had it up to 0\.17\.0.*stops the server/],
    ['vllm', { SM_VLLM_ASYNC_SCHEDULING: 'true' }, '0.8.5', 'remove it', /has it since 0\.10\.0/],
    ['vllm', { OPTION_MAX_MODEL_LEN: '1' }, '0.28.0', 'use SM_VLLM_MAX_MODEL_LEN', /belongs to LMI.*has no effect/],
    ['vllm', { HF_API_TOKEN: '${x}' }, '0.28.0', 'use HF_TOKEN', /has no effect/],
    ['vllm', { VLLM_MAX_MODEL_LEN: '1' }, '0.28.0', 'use SM_VLLM_MAX_MODEL_LEN', /has no effect/],
    ['llama-cpp', { SM_LLAMA_CPP_MAX_MODEL_LEN: '1' }, undefined, 'use SM_LLAMA_CPP_CTX_SIZE', /stops the server/],
    ['hf-vllm-neuron', { SM_ON_MODE: 'org/m' }, undefined, 'use SM_ON_MODEL', /stops the server/],
  ])('%s %j (%s): %s', (family, environment, version, fix, message) => {
    const finding = findingOf(rule, env(family, environment, version));
    const [name] = Object.keys(environment);
    expect(finding).toMatchObject({ severity: 'warning', got: name, fix, path: `/environment/${name}` });
    expect(finding?.message).toMatch(message);
  });
  test.each([
    [
      'lmi',
      { OPTION_MAX_MODEL_LEN: '1', SERVING_FAIL_FAST: 'true', HF_MODEL_ID: 'a/b', NCCL_DEBUG: 'INFO', FOO: '1' },
      undefined,
    ],
    ['lmi', { OPTION_ZZZZZZ: '1' }, '0.26.0-deepspeed0.12.6-cu121'],
    ['lmi', { OPTION_ZZZZZZ: '1' }, '0.99.0'],
    ['vllm', { VLLM_ATTENTION_BACKEND: 'x', PYTORCH_CUDA_ALLOC_CONF: 'y', SM_VLLM_TENSOR_PARALLEL: '1' }, '0.28.0'],
    ['custom', { OPTION_X: '1' }, undefined],
  ])('%s %j: nothing to say', (family, environment, version) => {
    expect(findingsOf(rule, env(family, environment, version))).toEqual([]);
  });
  test('a misspelling is found even in a version that is not known', () => {
    expect(findingOf(rule, env('lmi', { OPTION_ROLLING_BACK: 'x' }, '0.99.0'))?.fix).toBe('use OPTION_ROLLING_BATCH');
  });
  test('a long name is cut', () => {
    const name = `OPTION_${'A'.repeat(100)}`;
    expect(findingOf(rule, env('lmi', { [name]: '1' }))).toMatchObject({
      got: name.slice(0, 80),
      path: `/environment/${name}`,
    });
  });
  test('LMI for TensorRT-LLM drops what it does not know, as LMI does', () => {
    const finding = findingOf(rule, env('lmi-trtllm', { OPTION_ROLLING_BACH: 'x' }, '0.33.0'));
    expect(finding?.message).toContain('has no effect');
  });
  test('without a container there is nothing to hold variables against', () => {
    expect(findingsOf(rule, spec({ environment: { OPTION_X: '1' } }))).toEqual([]);
  });
});

describe('FLAG_BECOMES_POSITIONAL', () => {
  const rule = 'FLAG_BECOMES_POSITIONAL';
  test.each([
    ['vllm', 'SM_VLLM_ENFORCE_EAGER', '1', '0.28.0', 'set SM_VLLM_ENFORCE_EAGER=true, or leave it out'],
    [
      'vllm',
      'SM_VLLM_NO_ENABLE_PREFIX_CACHING',
      'yes',
      '0.28.0',
      'set SM_VLLM_NO_ENABLE_PREFIX_CACHING=true, or leave it out',
    ],
    [
      'vllm',
      'SM_VLLM_ENFORCE_EAGER',
      'true',
      '0.16.0',
      'set SM_VLLM_ENFORCE_EAGER to an empty value, or use a newer image',
    ],
    [
      'sglang',
      'SM_SGLANG_TRUST_REMOTE_CODE',
      'true',
      '0.5.8',
      'set SM_SGLANG_TRUST_REMOTE_CODE to an empty value, or use a newer image',
    ],
    ['llama-cpp', 'SM_LLAMA_CPP_METRICS', 'on', undefined, 'set SM_LLAMA_CPP_METRICS=true, or leave it out'],
  ])('%s %s=%s (%s)', (family, name, value, version, fix) => {
    expect(findingOf(rule, env(family, { [name]: value }, version))).toMatchObject({
      severity: 'warning',
      got: `${name}=${value}`,
      fix,
    });
  });
  test.each([
    ['vllm', 'SM_VLLM_ENFORCE_EAGER', 'true', '0.28.0'],
    ['vllm', 'SM_VLLM_ENFORCE_EAGER', 'FALSE', '0.28.0'],
    ['vllm', 'SM_VLLM_ENFORCE_EAGER', '', '0.28.0'],
    ['vllm', 'SM_VLLM_ENFORCE_EAGER', 'true', '0.5.1'],
    ['vllm', 'SM_VLLM_ENFORCE_EAGER', 'true', '0.19.0-gpu-py312-cu129-ubuntu22.04-sagemaker-v1.3'],
    ['sglang', 'SM_SGLANG_TRUST_REMOTE_CODE', 'true', '0.5.9-gpu-py312-cu129-ubuntu24.04-sagemaker'],
    ['vllm', 'SM_VLLM_MAX_MODEL_LEN', '1', '0.28.0'],
    ['vllm', 'SM_VLLM_HF_TOKEN', '${x}', '0.28.0'],
    ['lmi', 'OPTION_ENFORCE_EAGER', '1', undefined],
    ['llama-cpp', 'SM_LLAMA_CPP_METRICS', 'true', undefined],
  ])('%s %s=%s (%s) is right', (family, name, value, version) => {
    expect(findingOf(rule, env(family, { [name]: value }, version))).toBeUndefined();
  });
});

describe('FLAG_SWITCHED_OFF_IS_DROPPED', () => {
  const rule = 'FLAG_SWITCHED_OFF_IS_DROPPED';
  test.each([
    ['vllm', 'SM_VLLM_ENABLE_PREFIX_CACHING', '0.28.0', 'write SM_VLLM_NO_ENABLE_PREFIX_CACHING=true in its place'],
    ['vllm', 'SM_VLLM_ENABLE_CHUNKED_PREFILL', '0.8.5', 'write SM_VLLM_NO_ENABLE_CHUNKED_PREFILL=true in its place'],
    ['llama-cpp', 'SM_LLAMA_CPP_CONT_BATCHING', undefined, 'write SM_LLAMA_CPP_NO_CONT_BATCHING=true in its place'],
    [
      'vllm',
      'SM_VLLM_ASYNC_SCHEDULING',
      'server-sagemaker-cuda-v2',
      'write SM_VLLM_NO_ASYNC_SCHEDULING=true in its place',
    ],
    ['lmi', 'OPTION_ENABLE_PREFIX_CACHING', '0.36.0-lmi25', 'use an image from LMI 26 on, which passes it on'],
    ['lmi', 'OPTION_ENABLE_PREFIX_CACHING', '0.35.0-lmi17', 'use an image from LMI 26 on, which passes it on'],
  ])('%s %s (%s): %s', (family, name, version, fix) => {
    expect(findingOf(rule, env(family, { [name]: 'False' }, version))).toMatchObject({
      severity: 'warning',
      fix,
      path: `/environment/${name}`,
    });
    expect(findingOf(rule, env(family, { [name]: 'true' }, version))).toBeUndefined();
  });
  test.each([
    ['vllm', 'SM_VLLM_ENABLE_PREFIX_CACHING', '0.7.3'],
    ['vllm', 'SM_VLLM_ENFORCE_EAGER', '0.28.0'],
    ['vllm', 'SM_VLLM_ASYNC_SCHEDULING', '0.12.0'],
    ['lmi', 'OPTION_ENABLE_PREFIX_CACHING', '0.36.0-lmi26'],
    ['lmi', 'OPTION_ENABLE_PREFIX_CACHING', '0.34.0-lmi16'],
    ['sglang', 'SM_SGLANG_ENABLE_LORA', undefined],
    ['sglang', 'SM_SGLANG_ENABLE_PREFIX_CACHING', undefined],
    ['llama-cpp', 'SM_LLAMA_CPP_METRICS', undefined],
    ['lmi', 'OPTION_ENFORCE_EAGER', '0.36.0-lmi20'],
  ])('%s %s (%s) loses nothing', (family, name, version) => {
    expect(findingOf(rule, env(family, { [name]: 'false' }, version))).toBeUndefined();
  });
});

test('the word that switches a flag off may have space around it, and the argument is named', () => {
  const dropped = (environment: object) => findingOf('FLAG_SWITCHED_OFF_IS_DROPPED', env('vllm', environment));
  expect(dropped({ SM_VLLM_ENABLE_PREFIX_CACHING: ' FALSE ' })).toMatchObject({
    message: expect.stringContaining('--enable-prefix-caching is on by default'),
    got: 'SM_VLLM_ENABLE_PREFIX_CACHING= FALSE ',
    allowed: 'SM_VLLM_NO_ENABLE_PREFIX_CACHING=true',
  });
  expect(dropped({ SM_VLLM_ENABLE_PREFIX_CACHING: '0' })).toBeUndefined();
});

describe('VARIABLE_VALUE_MISSING', () => {
  const rule = 'VARIABLE_VALUE_MISSING';
  test.each([
    ['llama-cpp', 'SM_LLAMA_CPP_FLASH_ATTN', 'true', 'set SM_LLAMA_CPP_FLASH_ATTN to on, off or auto'],
    ['llama-cpp', 'SM_LLAMA_CPP_FIT', 'TRUE', 'set SM_LLAMA_CPP_FIT to on or off'],
    ['llama-cpp', 'SM_LLAMA_CPP_CTX_SIZE', '', 'set SM_LLAMA_CPP_CTX_SIZE to a value'],
    ['vllm', 'SM_VLLM_MAX_MODEL_LEN', '', 'set SM_VLLM_MAX_MODEL_LEN to a value'],
    ['vllm', 'SM_VLLM_SERVED_MODEL_NAME', 'true', 'set SM_VLLM_SERVED_MODEL_NAME to a value'],
    ['vllm', 'SM_VLLM_SPECULATIVE_CONFIG', ' true ', 'set SM_VLLM_SPECULATIVE_CONFIG to a value'],
  ])('%s %s=%p: %s', (family, name, value, fix) => {
    const got = value === '' ? `${name} with an empty value` : `${name}=${value}`;
    expect(findingOf(rule, env(family, { [name]: value }))).toMatchObject({ severity: 'error', got, fix });
  });
  test('an image that passes the word true on gives the argument a value', () => {
    const name = { SM_VLLM_SERVED_MODEL_NAME: 'true' };
    expect(findingOf(rule, env('vllm', name, '0.16.0'))).toBeUndefined();
    expect(findingOf(rule, env('vllm', name, '0.17.1'))).toBeDefined();
    expect(findingOf(rule, env('vllm', { SM_VLLM_SERVED_MODEL_NAME: '' }, '0.16.0'))).toBeDefined();
    expect(findingOf(rule, env('sglang', { SM_SGLANG_SERVED_MODEL_NAME: 'true' }, '0.5.8'))).toBeUndefined();
  });
  test.each([
    ['llama-cpp', 'SM_LLAMA_CPP_FLASH_ATTN', 'on'],
    ['llama-cpp', 'SM_LLAMA_CPP_NO_WARMUP', 'true'],
    ['llama-cpp', 'SM_LLAMA_CPP_MODEL', ''],
    ['vllm', 'SM_VLLM_ENFORCE_EAGER', 'true'],
    ['vllm', 'SM_VLLM_NOPE', ''],
    ['lmi', 'OPTION_MAX_MODEL_LEN', ''],
  ])('%s %s=%p is not judged', (family, name, value) => {
    expect(findingOf(rule, env(family, { [name]: value }))).toBeUndefined();
  });
});

describe('JSON_VALUE_UNREADABLE', () => {
  const rule = 'JSON_VALUE_UNREADABLE';
  const json = '{"method":"ngram"}';
  const vllm = (value: string, version?: string, more: object = {}) =>
    env('vllm', { SM_VLLM_SPECULATIVE_CONFIG: value, ...more }, version);
  test('single quotes are needed from vLLM 0.20.2 to 0.23 and refused elsewhere', () => {
    expect(findingOf(rule, vllm(json, '0.22.1'))).toMatchObject({
      severity: 'error',
      fix: expect.stringContaining('single quotes'),
    });
    expect(findingOf(rule, vllm(`'${json}'`, '0.22.1'))).toBeUndefined();
    for (const version of ['0.19.0', '0.20.1', '0.24.0']) {
      expect(findingOf(rule, vllm(`'${json}'`, version))).toMatchObject({
        fix: 'remove the single quotes around the value of SM_VLLM_SPECULATIVE_CONFIG',
      });
      expect(findingOf(rule, vllm(json, version))).toBeUndefined();
    }
    expect(findingOf(rule, vllm(json, '0.22.1', { PROCESS_AUTO_RECOVERY: 'false' }))).toBeUndefined();
    expect(findingOf(rule, vllm('[1]', '0.22.1'))).toBeUndefined();
  });
  test('a release without an image has no entry point to lose quotes in', () => {
    expect(findingOf(rule, vllm(json, '0.10.0'))).toBeUndefined();
    expect(findingOf(rule, vllm(`'${json}'`, '0.10.0'))).toBeUndefined();
  });
  test.each(["{'method':'ngram'}", '{"method":"ngram",}', '{method}', '[1'])('%s is no JSON', (value) => {
    expect(findingOf(rule, vllm(value, '0.28.0'))).toMatchObject({
      severity: 'error',
      path: '/environment/SM_VLLM_SPECULATIVE_CONFIG',
    });
  });
  test('the images of AL2023 keep quotes from v2.1 on', () => {
    for (const version of ['server-sagemaker-cuda-v2', 'server-sagemaker-cuda-v2.1', 'server-sagemaker-cuda-v2.6']) {
      expect(findingOf(rule, vllm(json, version))).toBeUndefined();
      expect(findingOf(rule, vllm(`'${json}'`, version))?.fix).toMatch(/^remove the single quotes/);
    }
  });
  test('what images of other makers, or older ones without a version, do with quotes is not known', () => {
    const huggingFace = (vllm: string) => `${vllm}-gpu-py312-cu129-ubuntu22.04`;
    for (const version of [
      'server-sagemaker-cuda-v1',
      'server-sagemaker-cuda-v2.0',
      huggingFace('0.17.0-transformers4.57.5'),
    ])
      for (const value of [json, `'${json}'`]) expect(findingOf(rule, vllm(value, version))).toBeUndefined();
    const supervised = '0.21.0-transformers5.8.1-gpu-py312-cu130-ubuntu22.04';
    expect(findingOf(rule, vllm(json, supervised))).toMatchObject({ allowed: "'{…}'" });
    expect(findingOf(rule, vllm(`'${json}'`, supervised))).toBeUndefined();
  });
  test('space around a value is no part of it', () => {
    expect(findingOf(rule, vllm(` ${json} `, '0.28.0'))).toBeUndefined();
    expect(findingOf(rule, vllm(` '${json}'`, '0.28.0'))).toMatchObject({ allowed: json });
    expect(findingOf(rule, vllm(' {method}', '0.28.0'))).toBeDefined();
  });
  test('what is meant is shown, unless it is long', () => {
    const long = `{"method":"${'n'.repeat(80)}"}`;
    expect(findingOf(rule, vllm(`'${long}'`, '0.28.0'))?.allowed).toBe(long.slice(0, 60));
  });
  test('a value that begins in another way is none of JSON’s', () => {
    for (const value of ['ngram', `x'${json}'`, '']) expect(findingOf(rule, vllm(value, '0.28.0'))).toBeUndefined();
    expect(findingOf(rule, vllm('{method}', '0.28.0'))?.fix).toBe('correct the JSON');
    expect(findingOf(rule, vllm("{'method':1}", '0.28.0'))?.fix).toBe('write names and texts in double quotes');
  });
  test('LMI hands it over as it is', () => {
    const lmi = (value: string) => env('lmi', { OPTION_SPECULATIVE_CONFIG: value });
    expect(findingOf(rule, lmi(json))).toBeUndefined();
    expect(findingOf(rule, lmi(`'${json}'`))?.fix).toMatch(/^remove the single quotes/);
    expect(findingOf(rule, env('lmi', { OPTION_DTYPE: '{' }))).toBeUndefined();
  });
});

describe('settings given twice', () => {
  test('differ in an option and a variable', () => {
    const rule = 'OPTION_CONTRADICTS_VARIABLE';
    expect(
      findingOf(rule, env('vllm', { SM_VLLM_MAX_MODEL_LEN: '8192' }, undefined, { maxModelLen: 4096 })),
    ).toMatchObject({
      severity: 'error',
      got: 'maxModelLen 4096 and SM_VLLM_MAX_MODEL_LEN=8192',
      path: '/environment/SM_VLLM_MAX_MODEL_LEN',
    });
    expect(
      findingOf(rule, env('lmi', { TENSOR_PARALLEL_DEGREE: '4' }, undefined, { tensorParallelSize: 2 })),
    ).toBeDefined();
    expect(
      findingOf(rule, env('lmi', { OPTION_ENFORCE_EAGER: 'false' }, undefined, { enforceEager: true })),
    ).toBeDefined();
  });
  test.each([
    ['lmi', { OPTION_DTYPE: 'fp16' }, { dtype: 'half' }],
    ['lmi', { OPTION_DTYPE: 'AUTO' }, { dtype: 'auto' }],
    ['vllm', { SM_VLLM_KV_CACHE_DTYPE: 'fp8_e4m3' }, { kvCacheDtype: 'fp8' }],
    ['lmi', { TENSOR_PARALLEL_DEGREE: 'max' }, { tensorParallelSize: 2 }],
    ['vllm', { SM_VLLM_MAX_MODEL_LEN: '4096' }, { maxModelLen: 4096 }],
    ['vllm', { SM_VLLM_MAX_MODEL_LEN: '4096' }, {}],
    ['custom', { SM_VLLM_MAX_MODEL_LEN: '1' }, { maxModelLen: 4096 }],
  ])('agree: %s %j and %j', (family, environment, options) => {
    expect(findingOf('OPTION_CONTRADICTS_VARIABLE', env(family, environment, undefined, options))).toBeUndefined();
  });
  test.each([
    ['lmi', { OPTION_DTYPE: 'bf16' }, { dtype: 'float16' }],
    ['lmi', { OPTION_DTYPE: 'fp16' }, { dtype: 'auto' }],
    ['lmi', { OPTION_DTYPE: 'auto' }, { dtype: 'half' }],
    ['vllm', { SM_VLLM_KV_CACHE_DTYPE: 'fp8_e5m2' }, { kvCacheDtype: 'fp8' }],
    ['vllm', { SM_VLLM_KV_CACHE_DTYPE: 'auto' }, { kvCacheDtype: 'fp8_e4m3' }],
    ['vllm', { SM_VLLM_KV_CACHE_DTYPE: 'fp8' }, { kvCacheDtype: 'bfloat16' }],
  ])('differ: %s %j and %j', (family, environment, options) => {
    const [[name, value]] = Object.entries(environment);
    const [[option, asked]] = Object.entries(options);
    expect(findingOf('OPTION_CONTRADICTS_VARIABLE', env(family, environment, undefined, options))).toMatchObject({
      got: `${option} ${asked} and ${name}=${value}`,
      fix: `remove ${name}, or give both the same value`,
    });
  });
  test('differ in two variables', () => {
    const rule = 'VARIABLES_CONTRADICT';
    expect(
      findingOf(rule, env('lmi', { OPTION_TENSOR_PARALLEL_DEGREE: '2', OPTION_TENSOR_PARALLEL_SIZE: '4' })),
    ).toMatchObject({ severity: 'error', path: '/environment/OPTION_TENSOR_PARALLEL_SIZE' });
    expect(
      findingOf(rule, env('lmi', { OPTION_TENSOR_PARALLEL_DEGREE: '2', OPTION_TENSOR_PARALLEL_SIZE: '2' })),
    ).toBeUndefined();
    expect(findingOf(rule, env('lmi', { OPTION_DTYPE: 'fp16', OPTION_MAX_MODEL_LEN: '1' }))).toBeUndefined();
  });
});

describe('LMI', () => {
  test('has lost rolling batches', () => {
    const rule = 'LMI_ROLLING_BATCH_REMOVED';
    const batch = (value: string, version?: string, family = 'lmi') =>
      findingOf(rule, env(family, { OPTION_ROLLING_BATCH: value }, version));
    expect(batch('lmi-dist')).toMatchObject({ severity: 'warning', fix: 'use vllm, or leave it out' });
    expect(batch('scheduler', '0.33.0-lmi15')).toMatchObject({
      severity: 'error',
      message: expect.stringContaining('LMI 15 has no such'),
    });
    for (const value of ['vllm', 'AUTO', 'disable', 'trtllm']) expect(batch(value)).toBeUndefined();
    expect(batch('lmi-dist', '0.32.0-lmi14')).toBeUndefined();
    expect(batch('lmi-dist', undefined, 'lmi-trtllm')).toBeUndefined();
  });
  test('spells dtypes in seven ways', () => {
    const dtype = (value: string, version?: string, family = 'lmi') =>
      findingOf('LMI_DTYPE_UNKNOWN', env(family, { OPTION_DTYPE: value }, version));
    expect(dtype('half')).toMatchObject({ severity: 'error', fix: 'use float16', path: '/environment/OPTION_DTYPE' });
    expect(dtype('float')?.fix).toBe('use float32');
    for (const value of ['auto', 'fp16', 'bf16', 'float32', 'int3']) expect(dtype(value)).toBeUndefined();
    expect(dtype('half', '0.31.0-lmi13')).toBeUndefined();
    expect(dtype('half', '0.32.0-lmi14')).toBeDefined();
    expect(dtype('half', undefined, 'lmi-neuron')).toBeUndefined();
  });
  test('with TensorRT-LLM 0.33 does not read quantize', () => {
    const quantize = (environment: object, version: string, family = 'lmi-trtllm') =>
      findingOf('TRTLLM_QUANTIZE_NOT_READ', env(family, environment, version));
    expect(quantize({ OPTION_QUANTIZE: 'awq' }, '0.33.0')).toMatchObject({
      severity: 'warning',
      got: 'OPTION_QUANTIZE=awq',
      fix: 'write OPTION_QUANT_ALGO=W4A16_AWQ in its place',
    });
    expect(quantize({ HF_MODEL_QUANTIZE: 'valueOf' }, '0.33.0')?.fix).toBe(
      'write OPTION_QUANT_ALGO=FP8 (or another algorithm) in its place',
    );
    expect(quantize({ OPTION_QUANTIZE: 'awq' }, '0.32.0')).toBeUndefined();
    expect(quantize({ OPTION_QUANT_ALGO: 'FP8' }, '0.33.0')).toBeUndefined();
    expect(quantize({ OPTION_QUANTIZE: 'awq' }, '0.36.0', 'lmi')).toBeUndefined();
  });
});

describe('TOOL_PARSER_MISSING', () => {
  const rule = 'TOOL_PARSER_MISSING';
  const [SWITCH, PARSER] = ['SM_VLLM_ENABLE_AUTO_TOOL_CHOICE', 'SM_VLLM_TOOL_CALL_PARSER'];
  test.each([
    ['vllm', { [SWITCH]: 'true' }, true],
    ['vllm', { [SWITCH]: 'True' }, true],
    ['vllm', { [SWITCH]: '' }, true],
    ['vllm', { [SWITCH]: 'true', [PARSER]: '' }, true],
    ['vllm', { [SWITCH]: 'true', OPTION_TOOL_CALL_PARSER: 'hermes' }, true],
    ['vllm', { [SWITCH]: 'true', [PARSER]: 'hermes' }, false],
    ['vllm', { [SWITCH]: 'false' }, false],
    ['vllm', { [SWITCH]: '1' }, false],
    ['vllm', { [PARSER]: 'hermes' }, false],
    ['vllm', { OPTION_ENABLE_AUTO_TOOL_CHOICE: 'true' }, false],
    ['lmi', { OPTION_ENABLE_AUTO_TOOL_CHOICE: 'true' }, true],
    ['lmi', { OPTION_ENABLE_AUTO_TOOL_CHOICE: '' }, false],
    ['lmi', { OPTION_ENABLE_AUTO_TOOL_CHOICE: 'true', OPTION_TOOL_CALL_PARSER: 'hermes' }, false],
    ['lmi', { [SWITCH]: 'true' }, false],
    ['sglang', { [SWITCH]: 'true' }, false],
    ['custom', { [SWITCH]: 'true' }, false],
  ])('%s %j: %p', (family, environment, expected) => {
    expect(findingsOf(rule, env(family, environment)).length > 0).toBe(expected);
  });
  test('without a container or variables there is nothing to say', () => {
    expect(findingsOf(rule, spec({ environment: { [SWITCH]: 'true' } }))).toEqual([]);
    expect(findingsOf(rule, spec({ container: { family: 'vllm' } }))).toEqual([]);
  });
});

describe('VARIABLE_VALUE_NOT_A_NUMBER', () => {
  const rule = 'VARIABLE_VALUE_NOT_A_NUMBER';
  test.each([
    ['vllm', { SM_VLLM_TENSOR_PARALLEL_SIZE: '2 GPUs' }, 'a whole number'],
    ['vllm', { SM_VLLM_MAX_LORAS: '1.5' }, 'a whole number'],
    ['vllm', { SM_VLLM_CPU_OFFLOAD_GB: '8GB' }, 'a number such as 0.9'],
    ['sglang', { SM_SGLANG_TP_SIZE: 'two' }, 'a whole number'],
    ['sglang', { SM_SGLANG_MEM_FRACTION_STATIC: '.' }, 'a number such as 0.9'],
    ['llama-cpp', { SM_LLAMA_CPP_BATCH_SIZE: 'k2' }, 'a whole number'],
    ['llama-cpp', { SM_LLAMA_CPP_CTX_SIZE: 'auto' }, 'a whole number'],
    ['lmi', { OPTION_TENSOR_PARALLEL_DEGREE: 'four' }, 'a whole number or max'],
    ['lmi-trtllm', { PIPELINE_PARALLEL_DEGREE: 'one' }, 'a whole number'],
    ['lmi', { OPTION_MAX_MODEL_LEN: '16 k' }, 'a whole number, or one with a unit: 16k, 16K'],
    ['vllm', { SM_VLLM_MAX_NUM_BATCHED_TOKENS: '1.5K' }, 'a whole number, or one with a unit: 16k, 16K'],
  ])('%s %j: %s', (family, environment, allowed) => {
    const [[name, value]] = Object.entries(environment);
    const finding = findingOf(rule, env(family, environment));
    expect(finding).toMatchObject({
      ...{ severity: 'error', got: `${name}=${value}`, allowed, path: `/environment/${name}` },
      fix: `write ${name} as a number in digits`,
    });
  });
  test.each([
    ['vllm', { SM_VLLM_TENSOR_PARALLEL_SIZE: ' 2 ' }],
    ['vllm', { SM_VLLM_TENSOR_PARALLEL_SIZE: '"2"' }],
    ['vllm', { SM_VLLM_TENSOR_PARALLEL_SIZE: 'auto' }],
    ['vllm', { SM_VLLM_TENSOR_PARALLEL_SIZE: '' }],
    ['vllm', { SM_VLLM_TENSOR_PARALLEL_SIZE: '${Token[TOKEN.7]}' }],
    ['vllm', { SM_VLLM_MAX_NUM_SEQS: '-1.8881545897087505e+289' }],
    ['vllm', { SM_VLLM_MAX_NUM_SEQS: '1_000' }],
    ['vllm', { SM_VLLM_GPU_MEMORY_UTILIZATION: '9.e-1' }],
    ['vllm', { SM_VLLM_MAX_MODEL_LEN: '32k' }],
    ['vllm', { OPTION_TENSOR_PARALLEL_SIZE: 'four' }],
    ['llama-cpp', { SM_LLAMA_CPP_CTX_SIZE: '32k' }],
    ['llama-cpp', { SM_LLAMA_CPP_N_GPU_LAYERS: 'all' }],
    ['custom', { SM_VLLM_TENSOR_PARALLEL_SIZE: 'four' }],
  ])('%s %j is read, or not known', (family, environment) => {
    expect(findingsOf(rule, env(family, environment))).toEqual([]);
  });
  test('without a container or variables there is nothing to say', () => {
    expect(findingsOf(rule, spec({ environment: { SM_VLLM_TENSOR_PARALLEL_SIZE: 'four' } }))).toEqual([]);
    expect(findingsOf(rule, spec({ container: { family: 'vllm' } }))).toEqual([]);
  });
});

describe('VARIABLE_VALUE_OUT_OF_RANGE', () => {
  const rule = 'VARIABLE_VALUE_OUT_OF_RANGE';
  const of = (environment: object, family = 'vllm', version?: string) =>
    alone(rule, { model: { config: LLAMA_8B }, container: { family, version }, environment });

  test.each([
    ['vllm', 'SM_VLLM_TENSOR_PARALLEL_SIZE', '0', '1 or more'],
    ['vllm', 'SM_VLLM_PIPELINE_PARALLEL_SIZE', '-1', '1 or more'],
    ['vllm', 'SM_VLLM_MAX_NUM_SEQS', '0', '1 or more'],
    ['vllm', 'SM_VLLM_MAX_NUM_BATCHED_TOKENS', ' 0 ', '1 or more'],
    ['vllm', 'SM_VLLM_MAX_MODEL_LEN', '-2', '1 or more, or -1'],
    ['lmi', 'OPTION_MAX_NUM_SEQS', '0', '1 or more'],
    ['sglang', 'SM_SGLANG_TP_SIZE', '0', '1 or more'],
    ['llama-cpp', 'SM_LLAMA_CPP_PARALLEL', '0', '1 or more, or -1'],
  ])('%s: %s=%s', (family, name, value, allowed) => {
    expect(of({ [name]: value }, family)).toMatchObject([
      { got: `${name}=${value}`, allowed, fix: `set ${name} to 1, or leave it out`, path: `/environment/${name}` },
    ]);
    expect(of({ [name]: '1' }, family)).toEqual([]);
    expect(of({ [name]: 'one' }, family)).toEqual([]);
  });

  test('of what a server sees to itself, -1 is', () => {
    expect(of({ SM_VLLM_MAX_MODEL_LEN: '-1' })).toEqual([]);
    expect(of({ SM_LLAMA_CPP_PARALLEL: '-1' }, 'llama-cpp')).toEqual([]);
    expect(of({ SM_VLLM_MAX_NUM_SEQS: '-1' })).toHaveLength(1);
  });

  test('data parallelism is asked of versions that were read, LoRA where it is on', () => {
    expect(of({ SM_VLLM_DATA_PARALLEL_SIZE: '0' })).toHaveLength(1);
    expect(of({ SM_VLLM_DATA_PARALLEL_SIZE: '0' }, 'vllm', '0.19.0')).toEqual([]);
    expect(of({ SM_VLLM_MAX_LORAS: '0' })).toEqual([]);
    expect(of({ SM_VLLM_MAX_LORAS: '0', SM_VLLM_ENABLE_LORA: 'true' })).toHaveLength(1);
  });

  test('a degree below 1 is not planned with', () => {
    const answer = check({
      model: { config: LLAMA_8B },
      container: { family: 'vllm' },
      instanceType: 'ml.g6e.xlarge',
      options: { maxModelLen: 8192 },
      endpoint: { inferenceAmiVersion: 'al2023-ami-sagemaker-inference-gpu-4-1' },
      environment: { SM_VLLM_TENSOR_PARALLEL_SIZE: '0' },
    });
    expect(answer.findings.map((finding) => finding.rule)).toEqual([rule]);
  });

  test('without a container or variables there is nothing to say', () => {
    expect(alone(rule, { model: {}, environment: { SM_VLLM_MAX_NUM_SEQS: '0' } })).toEqual([]);
    expect(alone(rule, { model: {}, container: { family: 'vllm' } })).toEqual([]);
    expect(of({ SM_VLLM_MAX_NUM_SEQS: '0' }, 'hf-vllm-neuron')).toEqual([]);
  });
});

describe('GPUS_HIDDEN', () => {
  const visible = (value: string, instanceType: string, family = 'vllm') =>
    findingOf(
      'GPUS_HIDDEN',
      spec({ container: { family }, instanceType, environment: { CUDA_VISIBLE_DEVICES: value } }),
    );
  test('warns of GPUs that are paid for and not seen', () => {
    expect(visible('0, 1', 'ml.g5.12xlarge')).toMatchObject({ severity: 'warning', allowed: '0,1,2,3' });
    expect(visible('0,7,1', 'ml.g5.12xlarge')?.message).toContain('1 of the 4 GPUs');
    expect(visible('3,2,1,0', 'ml.g5.12xlarge')).toBeUndefined();
    expect(visible('0', 'ml.g5.12xlarge', 'lmi')).toBeUndefined();
    expect(visible('0', 'ml.c7i.xlarge')).toBeUndefined();
  });
  test('a server for GPUs needs one', () => {
    expect(visible('-1', 'ml.g5.xlarge')).toMatchObject({ severity: 'error' });
    expect(visible('', 'ml.g5.xlarge', 'llama-cpp')).toMatchObject({ severity: 'warning' });
  });
  test('weights must do with what is seen', () => {
    const ranks = (environment?: Record<string, string>) =>
      findingOf('ACCELERATORS_EXCEEDED', {
        ...spec({ container: { family: 'vllm' }, instanceType: 'ml.g5.12xlarge', options: { tensorParallelSize: 4 } }),
        environment,
      });
    expect(ranks({ CUDA_VISIBLE_DEVICES: '0,1' })).toBeDefined();
    expect(ranks()).toBeUndefined();
  });
});

test.each([
  ['vllm', 'SM_VLLM_MAX_NUM_SEQS', 'many', '--max-num-seqs is a number'],
  ['lmi', 'OPTION_MAX_NUM_SEQS', 'many', '--max-num-seqs is a number'],
  ['lmi', 'OPTION_TENSOR_PARALLEL_DEGREE', 'many', 'OPTION_TENSOR_PARALLEL_DEGREE is a number'],
  ['llama-cpp', 'LLAMA_ARG_CTX_SIZE', '', 'LLAMA_ARG_CTX_SIZE is a number'],
])('%s: what is no number is named as the server reads it: %s=%j', (family, name, value, message) => {
  const finding = findingOf('VARIABLE_VALUE_NOT_A_NUMBER', env(family, { [name]: value }));
  expect(finding?.message.startsWith(message)).toBe(true);
  expect(finding?.got).toBe(value === '' ? `${name} with an empty value` : `${name}=${value}`);
});

test.each([
  ['vllm', 'SM_VLLM_MAX_MODEL_LEN', '0.8.3', '0.8.4'],
  ['vllm', 'SM_VLLM_MAX_NUM_BATCHED_TOKENS', '0.9.0', '0.9.1'],
])('%s: %s takes a unit after %s, from %s on', (family, name, last, since) => {
  const judged = (version: string) =>
    findingsOf('VARIABLE_VALUE_NOT_A_NUMBER', env(family, { [name]: '16k' }, version));
  expect(judged(last)).toMatchObject([{ allowed: 'a whole number' }]);
  expect(judged(since)).toEqual([]);
});

test.each([
  ['LLAMA_ARG_CTX_SIZE', '', 1],
  ['LLAMA_ARG_CTX_SIZE', 'true', 1],
  ['LLAMA_ARG_N_PARALLEL', '4', 0],
  ['LLAMA_ARG_N_GPU_LAYERS', 'all', 0],
  ['SM_LLAMA_CPP_THREADS', 'auto', 1],
  ['SM_LLAMA_CPP_N_GPU_LAYERS', 'auto', 0],
])('llama-server reads %s=%j as a number', (name, value, findings) => {
  expect(findingsOf('VARIABLE_VALUE_NOT_A_NUMBER', env('llama-cpp', { [name]: value }))).toHaveLength(findings);
});

test.each([
  [1, '2', 1],
  [1, ' 2 ', 1],
  [8, '16', 1],
  [2, '2', 0],
  [1, '', 0],
  [1, 'all 2', 0],
])('TGI spreads %d KV heads over SM_NUM_GPUS=%p', (kvHeads, gpus, findings) => {
  const image = '763104351884.dkr.ecr.us-east-1.amazonaws.com/huggingface-pytorch-tgi-inference:2.4.0-tgi2.3.1';
  const tgi = {
    model: { config: { ...LLAMA_8B, num_key_value_heads: kvHeads } },
    container: { family: 'custom', image },
    environment: { SM_NUM_GPUS: gpus },
  };
  expect(findingsOf('TGI_KV_HEADS_FEWER_THAN_GPUS', tgi)).toHaveLength(findings);
});

test('TGI is told its GPUs by either variable, and the finding names the one that did', () => {
  const image = '763104351884.dkr.ecr.us-east-1.amazonaws.com/huggingface-pytorch-tgi-inference:2.4.0-tgi2.3.1';
  const tgi = (environment: Record<string, string>) => ({
    model: { config: { ...LLAMA_8B, num_key_value_heads: 2 } },
    container: { family: 'custom', image },
    environment,
  });
  const paths = (environment: Record<string, string>) =>
    findingsOf('TGI_KV_HEADS_FEWER_THAN_GPUS', tgi(environment)).map(({ path, got }) => [path, got]);
  expect(paths({ NUM_SHARD: '4' })).toEqual([['/environment/NUM_SHARD', 'NUM_SHARD=4']]);
  expect(paths({ SM_NUM_GPUS: '8', NUM_SHARD: '4' })).toEqual([['/environment/SM_NUM_GPUS', 'SM_NUM_GPUS=8']]);
});

describe('ATTENTION_BACKEND_UNKNOWN', () => {
  const rule = 'ATTENTION_BACKEND_UNKNOWN';
  const argument = (value: string, version = '0.24.0') =>
    findingOf(rule, env('vllm', { SM_VLLM_ATTENTION_BACKEND: value }, version));
  const variable = (value: string, version: string) =>
    findingOf(rule, env('vllm', { VLLM_ATTENTION_BACKEND: value }, version));

  test('names those of NVIDIA’s GPUs, and the nearest', () => {
    const finding = argument('flash_atn');
    expect(finding).toMatchObject({
      severity: 'error',
      got: 'SM_VLLM_ATTENTION_BACKEND=flash_atn',
      fix: 'set SM_VLLM_ATTENTION_BACKEND to FLASH_ATTN, or leave it out',
      path: '/environment/SM_VLLM_ATTENTION_BACKEND',
    });
    const names = finding?.allowed?.split(', ') ?? [];
    expect(names).toEqual(expect.arrayContaining(['FLASH_ATTN', 'FLASHINFER', 'TRITON_ATTN']));
    expect(names.filter((name) => /^(ROCM|CPU|XPU|AMX|NO_)/.test(name))).toEqual([]);
    expect(argument('q'.repeat(30))?.fix).toBe('leave SM_VLLM_ATTENTION_BACKEND out');
  });

  test('reads the argument in any case, and without the space around it', () => {
    for (const value of [' flash_attn ', 'Flash_Attn', 'auto', '', '"x"', '${Token[TOKEN.3]}'])
      expect(argument(value)).toBeUndefined();
    expect(argument('cpu_attn')).toBeUndefined();
  });

  test('looks at the argument from 0.13 on, at vLLM’s own variable from 0.10.1 to 0.12, letter by letter', () => {
    expect(argument('nobody', '0.12.0')).toBeUndefined();
    expect(argument('nobody', '0.13.0')).toBeDefined();
    expect(variable('nobody', '0.10.0')).toBeUndefined();
    expect(variable('nobody', '0.10.1')).toBeDefined();
    expect(variable('NOBODY', '0.12.0')).toBeDefined();
    expect(variable('nobody', '0.13.0')).toBeUndefined();
    expect(variable('flash_attn', '0.11.0')).toBeDefined();
    expect(variable('FLASH_ATTN', '0.11.0')).toBeUndefined();
  });

  test('takes the ending of V1’s names off from 0.11 on', () => {
    expect(variable('TRITON_ATTN_VLLM_V1', '0.11.0')).toBeUndefined();
    expect(variable('FLASHINFER_VLLM_V1_X', '0.11.0')).toBeDefined();
  });

  test('without a server there is nothing to say', () => {
    expect(findingsOf(rule, spec({ environment: { VLLM_ATTENTION_BACKEND: 'nobody' } }))).toEqual([]);
  });
});
