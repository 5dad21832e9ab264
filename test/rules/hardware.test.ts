import { alone } from './own-findings';
import { evaluateRules, findRule } from '../../lib/rules';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { readSpec } from '../../lib/spec';
import {
  AWQ,
  GEMMA2_2B,
  GPTQ,
  LLAMA2_7B,
  LLAMA_70B,
  LLAMA_8B,
  QWEN3_MOE,
  QWEN3_SMALL,
  quantized,
} from '../../lib/rules/helpers/samples';

const on = (config: object, instanceType?: string, version?: string, options: object = {}, parts: object = {}) => ({
  model: { config },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  ...(instanceType === undefined ? {} : { instanceType }),
  options: { maxModelLen: 2048, ...options },
  ...parts,
});

const flag = (SM_VLLM_QUANTIZATION: string) => ({ environment: { SM_VLLM_QUANTIZATION } });

/** What a rule advises, one list for each rule; `undefined` where it says nothing. */
const ADVICE: Readonly<Record<string, readonly (readonly [spec: object, advice: object | undefined])[]>> = {
  ACTIVATION_DTYPE_NOT_ACCEPTED: [
    [
      on(quantized(LLAMA2_7B, AWQ), undefined, '0.2.3', { dtype: 'bfloat16' }),
      {
        severity: 'error',
        got: 'dtype bfloat16',
        allowed: 'float16',
        fix: 'set dtype to float16 or use an image with vLLM 0.5.3 or newer, whose Marlin kernels take both',
      },
    ],
    [
      on(quantized({ ...LLAMA2_7B, torch_dtype: 'bfloat16' }, AWQ), undefined, '0.2.3'),
      {
        severity: 'error',
        got: 'dtype auto, which is bfloat16 for this checkpoint',
        allowed: 'float16',
        fix: 'set dtype to float16 or use an image with vLLM 0.5.3 or newer, whose Marlin kernels take both',
      },
    ],
    [
      on(quantized(LLAMA2_7B, AWQ), undefined, '0.8.5', { dtype: 'bfloat16' }, flag('awq')),
      {
        severity: 'error',
        got: 'dtype bfloat16',
        allowed: 'float16',
        fix: 'set dtype to float16 or leave the quantization argument out, so that the Marlin kernels are used',
      },
    ],
    [on(quantized(LLAMA2_7B, AWQ), undefined, '0.8.5', { dtype: 'bfloat16' }, flag('awq_marlin')), undefined],
    [on(quantized(LLAMA2_7B, AWQ), undefined, '0.8.5', { dtype: 'bfloat16' }, flag('of_its_own')), undefined],
    [on(LLAMA2_7B, undefined, '0.2.3', { dtype: 'bfloat16' }), undefined],
    [
      on(quantized(LLAMA2_7B, { quant_method: 'mxfp4' }), undefined, '0.11.0', { dtype: 'float16' }),
      { severity: 'error', got: 'dtype float16', allowed: 'bfloat16', fix: 'set dtype to bfloat16' },
    ],
    [
      on(quantized(LLAMA2_7B, GPTQ), undefined, '0.4.2', { dtype: 'bfloat16' }),
      {
        severity: 'error',
        got: 'dtype bfloat16',
        allowed: 'float16',
        fix: 'set dtype to float16 or use an image with vLLM 0.4.3 or newer, whose Marlin kernels take both',
      },
    ],
    [
      on(quantized(LLAMA2_7B, GPTQ), 'ml.p3.2xlarge', '0.10.0', { dtype: 'bfloat16' }),
      { severity: 'error', got: 'dtype bfloat16', allowed: 'float16', fix: 'set dtype to float16' },
    ],
  ],
  BFLOAT16_NEEDS_AMPERE: [
    [
      on(LLAMA_8B, 'ml.g4dn.xlarge', '0.6.3'),
      {
        severity: 'error',
        got: 'ml.g4dn.xlarge (T4, 7.5)',
        allowed: 'float16 on this GPU, bfloat16 from compute capability 8.0 on',
        fix: 'set dtype to float16, or use ml.g6.xlarge',
      },
    ],
    [on(LLAMA_8B, 'ml.g4dn.xlarge', '0.11.0'), undefined],
    [
      on(LLAMA_70B, 'ml.p3.16xlarge', '0.6.3', { dtype: 'bfloat16', tensorParallelSize: 8 }),
      {
        severity: 'error',
        got: 'ml.p3.16xlarge (V100, 7.0)',
        allowed: 'float16 on this GPU, bfloat16 from compute capability 8.0 on',
        fix: 'set dtype to float16, or use ml.g6.48xlarge',
      },
    ],
    [on(LLAMA2_7B, 'ml.g4dn.xlarge', '0.6.3'), undefined],
    [on(LLAMA_8B, 'ml.g4dn.xlarge', '0.6.3', { dtype: 'float16' }), undefined],
    [on(LLAMA_8B, 'ml.p4d.24xlarge', '0.6.3', { dtype: 'bfloat16' }), undefined],
    [on({ ...LLAMA_8B, torch_dtype: undefined }, 'ml.g4dn.xlarge', '0.6.3'), undefined],
    [
      {
        model: { id: 'a/b' },
        container: { family: 'vllm', version: '0.6.3' },
        instanceType: 'ml.g4dn.xlarge',
        options: { maxModelLen: 1024 },
      },
      undefined,
    ],
  ],
  CONTAINER_NEEDS_ACCELERATOR: [
    [
      on(LLAMA_8B, 'ml.c6i.16xlarge'),
      {
        severity: 'error',
        got: 'ml.c6i.16xlarge (CPU)',
        allowed: 'instances with NVIDIA GPU',
        fix: 'use ml.g4dn.4xlarge, or a container built for CPU',
      },
    ],
    [
      on(
        LLAMA_8B,
        'ml.inf2.8xlarge',
        undefined,
        {},
        { container: { family: 'llama-cpp' }, quantization: 'gguf:Q4_K_M' },
      ),
      {
        severity: 'error',
        got: 'ml.inf2.8xlarge (Inferentia2)',
        allowed: 'instances with NVIDIA GPU or CPU',
        fix: 'use ml.g4dn.4xlarge, or a container built for Neuron',
      },
    ],
    [
      on(LLAMA_8B, 'ml.g5.2xlarge', undefined, {}, { container: { family: 'hf-vllm-neuron' } }),
      {
        severity: 'error',
        got: 'ml.g5.2xlarge (A10G, 8.6)',
        allowed: 'instances with Neuron',
        fix: 'use ml.inf2.xlarge, or a container built for NVIDIA GPU',
      },
    ],
    [
      on(LLAMA_8B, 'ml.c6i.16xlarge', undefined, {}, { region: 'eu-west-9' }),
      {
        severity: 'error',
        got: 'ml.c6i.16xlarge (CPU)',
        allowed: 'instances with NVIDIA GPU',
        fix: 'choose another container',
      },
    ],
  ],
  CUDA_13_WITHOUT_VOLTA: [
    [
      on(LLAMA2_7B, 'ml.p3.2xlarge', '0.28.0'),
      {
        severity: 'error',
        got: 'ml.p3.2xlarge (V100, 7.0)',
        allowed: 'compute capability 7.5 or higher, or an image with CUDA 12',
        fix: 'use an image version built with CUDA 12, or ml.g6.xlarge',
      },
    ],
    [on(LLAMA2_7B, 'ml.g4dn.2xlarge', '0.28.0'), undefined],
  ],
  FLOAT16_OVERFLOWS_MODEL: [
    [
      on(GEMMA2_2B, 'ml.p4d.24xlarge', '0.10.0', { dtype: 'float16' }),
      {
        severity: 'error',
        got: 'dtype float16',
        allowed: 'bfloat16 or float32',
        fix: 'set dtype to bfloat16, or leave it out',
      },
    ],
    [
      on(GEMMA2_2B, 'ml.g4dn.xlarge', '0.10.0', { dtype: 'float16' }),
      {
        severity: 'error',
        got: 'dtype float16',
        allowed: 'bfloat16 or float32',
        fix: 'use ml.g6.xlarge with dtype bfloat16',
      },
    ],
    [
      on(GEMMA2_2B, undefined, '0.10.0', { dtype: 'float16' }),
      {
        severity: 'error',
        got: 'dtype float16',
        allowed: 'bfloat16 or float32',
        fix: 'set dtype to bfloat16, or leave it out',
      },
    ],
    [on(GEMMA2_2B, undefined, '0.10.0'), undefined],
    [
      on(GEMMA2_2B, 'ml.g4dn.xlarge', '0.10.0'),
      {
        severity: 'warning',
        got: 'ml.g4dn.xlarge (T4, 7.5)',
        allowed: 'a GPU of compute capability 8.0 or higher',
        fix: 'use ml.g6.xlarge, which has bfloat16',
      },
    ],
  ],
  GPU_TOO_OLD_FOR_SERVER: [
    [
      on(QWEN3_SMALL, 'ml.p3.2xlarge', undefined, {}, { container: { family: 'lmi-trtllm', version: '0.33.0' } }),
      { severity: 'error', allowed: 'compute capability 7.5 or higher' },
    ],
    [
      on(QWEN3_SMALL, 'ml.g4dn.xlarge', undefined, {}, { container: { family: 'lmi-trtllm', version: '0.33.0' } }),
      { severity: 'warning', allowed: 'compute capability 8.0 or higher' },
    ],
    [
      on(QWEN3_SMALL, 'ml.p3.2xlarge', undefined, {}, { container: { family: 'lmi-trtllm', version: '0.28.0' } }),
      undefined,
    ],
    [
      on(QWEN3_SMALL, 'ml.g5.xlarge', undefined, {}, { container: { family: 'lmi-trtllm', version: '0.33.0' } }),
      undefined,
    ],
    [
      on(QWEN3_SMALL, 'ml.p3.2xlarge', undefined, {}, { container: { family: 'sglang' } }),
      {
        severity: 'error',
        got: 'ml.p3.2xlarge (V100, 7.0)',
        allowed: 'compute capability 8.0 or higher',
        fix: 'use ml.g6.xlarge',
      },
    ],
    [
      on(QWEN3_SMALL, 'ml.p3.2xlarge', undefined, {}, { container: { family: 'sglang', version: '0.5.5' } }),
      { severity: 'error', allowed: 'compute capability 7.5 or higher', fix: 'use ml.g4dn.xlarge' },
    ],
    [
      on(QWEN3_SMALL, 'ml.g4dn.xlarge', undefined, {}, { container: { family: 'sglang', version: '0.5.5' } }),
      undefined,
    ],
    [
      on(QWEN3_SMALL, 'ml.g4dn.xlarge', undefined, {}, { container: { family: 'sglang', version: '0.5.6' } }),
      { severity: 'error', got: 'ml.g4dn.xlarge (T4, 7.5)' },
    ],
    [on(QWEN3_SMALL, 'ml.g5.xlarge', undefined, {}, { container: { family: 'sglang', version: '0.5.10' } }), undefined],
    [on(QWEN3_SMALL, 'ml.p3.2xlarge'), undefined],
    [
      on(QWEN3_SMALL, 'ml.p2.xlarge'),
      {
        severity: 'error',
        got: 'ml.p2.xlarge (K80, 3.7)',
        allowed: 'compute capability 7.0 or higher',
        fix: 'use ml.g4dn.xlarge',
      },
    ],
    [
      on(
        QWEN3_SMALL,
        'ml.p2.xlarge',
        undefined,
        {},
        { container: { family: 'llama-cpp' }, quantization: 'gguf:Q4_K_M' },
      ),
      undefined,
    ],
  ],
  INSTANCE_TYPE_UNKNOWN: [
    [
      on(QWEN3_SMALL, 'ml.g5.2xlarg'),
      {
        severity: 'error',
        got: 'ml.g5.2xlarg',
        allowed: 'ml.g5.2xlarge, ml.g5.12xlarge or ml.g5.24xlarge',
        fix: 'use ml.g5.2xlarge',
      },
    ],
    [
      on(QWEN3_SMALL, 'a-machine-of-another-cloud'),
      {
        severity: 'error',
        got: 'a-machine-of-another-cloud',
        allowed: 'an ml.* hosting instance type',
        fix: 'name a hosting instance type such as ml.g5.2xlarge',
      },
    ],
  ],
  KV_CACHE_DTYPE_NEEDS_NEWER_GPU: [
    [
      on(QWEN3_SMALL, 'ml.g5.xlarge', '0.11.2', { kvCacheDtype: 'fp8' }),
      {
        severity: 'error',
        got: 'ml.g5.xlarge (A10G, 8.6)',
        allowed: 'kvCacheDtype auto, or compute capability 8.9 or higher',
        fix: 'leave kvCacheDtype at auto, or use ml.g6.xlarge',
      },
    ],
    [
      on(QWEN3_SMALL, 'ml.g5.xlarge', '0.12.0', { kvCacheDtype: 'fp8' }),
      {
        severity: 'warning',
        got: 'ml.g5.xlarge (A10G, 8.6)',
        allowed: 'kvCacheDtype auto, or compute capability 8.9 or higher',
        fix: 'leave kvCacheDtype at auto, or use ml.g6.xlarge',
      },
    ],
    [
      on(QWEN3_SMALL, 'ml.p4d.24xlarge', '0.12.0', { kvCacheDtype: 'fp8_e4m3' }),
      {
        severity: 'warning',
        got: 'ml.p4d.24xlarge (A100-40, 8.0)',
        allowed: 'kvCacheDtype auto, or compute capability 8.9 or higher',
        fix: 'leave kvCacheDtype at auto, or use ml.g6.xlarge',
      },
    ],
    [
      on(QWEN3_SMALL, 'ml.g4dn.xlarge', '0.11.0', { kvCacheDtype: 'fp8_e4m3' }),
      {
        severity: 'error',
        got: 'ml.g4dn.xlarge (T4, 7.5)',
        allowed: 'kvCacheDtype auto, or compute capability 8.9 or higher',
        fix: 'leave kvCacheDtype at auto, or use ml.g6.xlarge',
      },
    ],
    [
      on(QWEN3_SMALL, 'ml.p5.48xlarge', '0.28.0', { kvCacheDtype: 'nvfp4' }),
      {
        severity: 'error',
        got: 'ml.p5.48xlarge (H100, 9.0)',
        allowed: 'kvCacheDtype auto, or compute capability 10.0 or higher',
        fix: 'leave kvCacheDtype at auto, or use ml.g7e.2xlarge',
      },
    ],
    [
      on(QWEN3_SMALL, 'ml.g5.xlarge', '0.7.3', { kvCacheDtype: 'fp8', enablePrefixCaching: true }),
      {
        severity: 'error',
        got: 'ml.g5.xlarge (A10G, 8.6)',
        allowed: 'kvCacheDtype auto or fp8_e5m2 on this GPU',
        fix: 'set kvCacheDtype to fp8_e5m2, or switch chunked prefill and prefix caching off',
      },
    ],
  ],
  QUANTIZATION_NEEDS_NEWER_GPU: [
    [
      on(quantized(LLAMA2_7B, AWQ), 'ml.p3.2xlarge', '0.8.5'),
      {
        severity: 'error',
        got: 'ml.p3.2xlarge (V100, 7.0)',
        allowed: 'compute capability 7.5 or higher',
        fix: 'use ml.g4dn.xlarge or weights in gptq or fp16 on this instance',
      },
    ],
    [
      on(QWEN3_SMALL, 'ml.g4dn.xlarge', '0.8.5', { dtype: 'float16' }, { quantization: 'fp8' }),
      {
        severity: 'error',
        got: 'ml.g4dn.xlarge (T4, 7.5)',
        allowed: 'compute capability 8.0 or higher',
        fix: 'use ml.g6.xlarge, an image with vLLM 0.14.0 or newer or weights in awq or gptq on this instance',
      },
    ],
    [
      on(QWEN3_SMALL, 'ml.g5.xlarge', '0.5.0', {}, { quantization: 'fp8' }),
      {
        severity: 'error',
        got: 'ml.g5.xlarge (A10G, 8.6)',
        allowed: 'compute capability 8.9 or higher',
        fix: 'use ml.g6.xlarge, an image with vLLM 0.5.1 or newer or weights in awq or gptq on this instance',
      },
    ],
    [
      on(QWEN3_MOE, 'ml.g5.12xlarge', '0.8.5', {}, { quantization: 'fp8' }),
      {
        severity: 'error',
        got: 'ml.g5.12xlarge (A10G, 8.6)',
        allowed: 'compute capability 8.9 or higher',
        fix: 'use ml.g6e.xlarge, an image with vLLM 0.9.0 or newer or weights in awq or gptq on this instance',
      },
    ],
    [
      on(quantized(LLAMA_8B, GPTQ), 'ml.g4dn.xlarge', '0.8.5', { dtype: 'float16' }, flag('gptq_marlin')),
      {
        severity: 'error',
        got: 'ml.g4dn.xlarge (T4, 7.5)',
        allowed: 'compute capability 8.0 or higher',
        fix: 'use ml.g6.xlarge or weights in awq or fp16 on this instance',
      },
    ],
    [on(quantized(LLAMA_8B, GPTQ), 'ml.g5.xlarge', '0.8.5', {}, flag('gptq_marlin')), undefined],
    [on(quantized(LLAMA_8B, GPTQ), 'ml.g4dn.xlarge', '0.8.5', { dtype: 'float16' }, flag('of_its_own')), undefined],
    [
      on(LLAMA_8B, 'ml.g5.xlarge', '0.33.0', {}, flag('fp8_per_channel')),
      {
        severity: 'error',
        got: 'ml.g5.xlarge (A10G, 8.6)',
        allowed: 'compute capability 8.9 or higher',
        fix: 'use ml.g6.xlarge or weights in awq or gptq on this instance',
      },
    ],
  ],
  QUANTIZATION_NOT_VERIFIED_ON_GPU: [
    [
      on(QWEN3_SMALL, 'ml.g4dn.2xlarge', undefined, {}, { quantization: 'awq', container: { family: 'sglang' } }),
      {
        severity: 'warning',
        got: 'ml.g4dn.2xlarge (T4, 7.5)',
        fix: 'try it on one instance first, or choose a scheme that is known to run there, such as fp8 or awq',
      },
    ],
  ],
  QUANTIZATION_RUNS_WEIGHT_ONLY: [
    [
      on(QWEN3_SMALL, 'ml.g5.xlarge', '0.8.5', {}, { quantization: 'fp8' }),
      {
        severity: 'warning',
        got: 'ml.g5.xlarge (A10G, 8.6)',
        allowed: 'compute capability 8.9 or higher for FP8 compute',
        fix: 'use ml.g6.xlarge for the speed, or accept weight-only',
      },
    ],
    [
      on(QWEN3_SMALL, 'ml.p5.48xlarge', '0.11.0', {}, { quantization: 'nvfp4' }),
      {
        severity: 'warning',
        got: 'ml.p5.48xlarge (H100, 9.0)',
        allowed: 'compute capability 10.0 or higher for FP4 compute',
        fix: 'use ml.g7e.2xlarge for the speed, or accept weight-only',
      },
    ],
    [on(QWEN3_SMALL, 'ml.g6.xlarge', '0.8.5', {}, { quantization: 'fp8' }), undefined],
  ],
};

describe.each(Object.entries(ADVICE))('%s', (id, cases) => {
  const rule = findRule(id);
  test.each(cases)('%#', (value, advice) => {
    const { spec } = readSpec(value);
    if (spec === undefined || rule === undefined) throw new Error('no such spec or rule');
    const findings = evaluateRules(resolveEndpoint(spec), [rule]);
    expect(findings).toMatchObject(advice === undefined ? [] : [advice]);
  });
});

describe('ATTENTION_BACKEND_NOT_ON_GPU', () => {
  const find = (instanceType: string, environment: object | undefined, family = 'sglang') =>
    alone('ATTENTION_BACKEND_NOT_ON_GPU', {
      model: { config: QWEN3_SMALL },
      container: { family },
      instanceType,
      environment,
    });
  test.each([
    ['fa3', 'ml.g4dn.xlarge', true],
    ['fa3', 'ml.p4d.24xlarge', false],
    ['fa3', 'ml.g6.xlarge', false],
    ['fa3', 'ml.p5.48xlarge', false],
    ['fa3', 'ml.p6-b200.48xlarge', true],
    ['fa3', 'ml.g7e.2xlarge', true],
    ['trtllm_mha', 'ml.p5.48xlarge', false],
    ['trtllm_mha', 'ml.g6e.2xlarge', true],
    ['trtllm_mha', 'ml.p6-b200.48xlarge', false],
    ['trtllm_mha', 'ml.g7e.2xlarge', false],
    ['trtllm_mla', 'ml.p5.48xlarge', true],
    ['trtllm_mla', 'ml.g7e.2xlarge', false],
    ['flashinfer', 'ml.g7e.2xlarge', false],
    ['constructor', 'ml.g7e.2xlarge', false],
  ])('%s on %s: %p', (backend, instanceType, expected) => {
    for (const name of ['SM_SGLANG_ATTENTION_BACKEND', 'SM_SGLANG_PREFILL_ATTENTION_BACKEND']) {
      const found = find(instanceType, { [name]: backend });
      expect(found.length > 0).toBe(expected);
      if (expected)
        expect(found).toMatchObject([
          {
            path: `/environment/${name}`,
            fix: `set ${name} to flashinfer, or leave it out`,
            allowed: 'flashinfer or triton',
          },
        ]);
    }
    // FlashAttention 3 asks for the GPU when it is made, for whatever.
    expect(find(instanceType, { SM_SGLANG_DECODE_ATTENTION_BACKEND: backend }).length > 0).toBe(
      expected && backend === 'fa3',
    );
    expect(find(instanceType, { SM_SGLANG_ATTENTION_BACKEND: backend }, 'vllm')).toEqual([]);
  });
  test('says nothing without variables or GPUs', () => {
    expect(find('ml.g7e.2xlarge', undefined)).toEqual([]);
    expect(find('ml.c7i.4xlarge', { SM_SGLANG_ATTENTION_BACKEND: 'fa3' })).toEqual([]);
  });
});

describe('vLLM 0.5.4 turns GPTQ and AWQ into Marlin’s layout', () => {
  const told = (config: object, instanceType: string, version = '0.5.4', parts: object = {}) =>
    alone('QUANTIZATION_NEEDS_NEWER_GPU', on(config, instanceType, version, { dtype: 'float16' }, parts)).map(
      ({ fix, allowed }) => ({ fix, allowed }),
    );
  const needsAmpere = {
    allowed: 'compute capability 8.0 or higher',
    fix: expect.stringContaining('vLLM 0.5.5 or newer'),
  };

  test.each([
    ['AWQ', AWQ],
    ['AWQ, asymmetric or not', { ...AWQ, zero_point: false }],
    ['GPTQ', GPTQ],
    ['GPTQ in activation order', { ...GPTQ, desc_act: true }],
    ['GPTQ in one group', { ...GPTQ, group_size: -1 }],
    ['GPTQ in groups of 32', { ...GPTQ, group_size: 32 }],
  ])('%s, on whatever GPU', (_, method) => {
    expect(told(quantized(LLAMA2_7B, method), 'ml.g4dn.xlarge')).toEqual([needsAmpere]);
    expect(told(quantized(LLAMA2_7B, method), 'ml.g5.xlarge')).toEqual([]);
  });

  test.each([
    ['groups that Marlin has no kernel for', { ...GPTQ, group_size: 16 }],
    ['asymmetric GPTQ', { ...GPTQ, sym: false }],
    ['GPTQ that does not tell its order', { ...GPTQ, desc_act: undefined }],
  ])('but not %s', (_, method) => {
    expect(told(quantized(LLAMA2_7B, method), 'ml.g4dn.xlarge')).toEqual([]);
  });

  test('neither before nor after, nor where the method is named', () => {
    const gptq = quantized(LLAMA2_7B, GPTQ);
    expect(told(gptq, 'ml.g4dn.xlarge', '0.5.3')).toEqual([]);
    expect(told(gptq, 'ml.g4dn.xlarge', '0.5.5')).toEqual([]);
    expect(told(gptq, 'ml.g4dn.xlarge', '0.5.4', flag('gptq'))).toEqual([]);
    expect(told(LLAMA2_7B, 'ml.g4dn.xlarge')).toEqual([]);
  });
});

describe('a method that --quantization forces', () => {
  const told = (config: object, instanceType: string | undefined, name: string, version = '0.26.0') =>
    alone('QUANTIZATION_NEEDS_NEWER_GPU', on(config, instanceType, version, {}, flag(name)));

  test('has a limit of its own', () => {
    expect(told(QWEN3_SMALL, 'ml.g5.xlarge', 'fp8_per_channel')).toMatchObject([
      { allowed: 'compute capability 8.9 or higher', path: '/instanceType' },
    ]);
    expect(told(QWEN3_SMALL, 'ml.g6.xlarge', 'fp8_per_channel')).toEqual([]);
    expect(told(QWEN3_SMALL, 'ml.g7e.2xlarge', 'nvfp4_per_token')).toEqual([]);
    expect(told(QWEN3_SMALL, undefined, 'fp8_per_channel')).toEqual([]);
  });

  test('does not offer another version: it is the method that needs the GPU', () => {
    const [{ fix }] = told(QWEN3_SMALL, 'ml.g5.xlarge', 'fp8_per_channel');
    expect(fix).not.toContain('an image with vLLM');
    expect(fix).toContain('weights in awq or gptq on this instance');
  });
});
