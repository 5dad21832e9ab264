import type { EngineName, ResolvedContainer } from '../../lib/container/types';
import { findInstance } from '../../lib/hardware';
import type { ContainerFamily } from '../../lib/spec/types';
import {
  kvCacheDtypes,
  methodAt,
  parseScheme,
  quantizationMethods,
  schemeSupport,
  type Scheme,
} from '../../lib/scheme';
import { parseVersion } from '../../lib/text/version';

const ENGINES: Partial<Record<ContainerFamily, EngineName>> = {
  vllm: 'vllm',
  sglang: 'sglang',
  'lmi-trtllm': 'tensorrt-llm',
  'llama-cpp': 'llama.cpp',
  'lmi-neuron': 'transformers-neuronx',
  'hf-vllm-neuron': 'neuron-vllm',
};

const container = (family: ContainerFamily, version?: string): ResolvedContainer => ({
  family,
  version,
  engine: ENGINES[family] ?? 'unknown',
  engineVersion: version === undefined ? undefined : parseVersion(version),
  versionDefaulted: version === undefined,
});

const on = (instance: string) => findInstance(instance)?.accelerator;
const stored = (name: string, details: Partial<Scheme> = {}): Scheme => ({
  ...parseScheme(name),
  origin: 'checkpoint',
  ...details,
});

describe('vLLM', () => {
  test.each([
    // AWQ: compute capability 8.0 in the first release, 7.5 from then on; never Volta.
    ['awq', '0.2.0', 'ml.g4dn.xlarge', 'unsupported', undefined],
    ['awq', '0.2.3', 'ml.g4dn.xlarge', 'native', 'AWQ GEMM'],
    ['awq', '0.33.0', 'ml.g4dn.xlarge', 'native', 'Marlin'],
    ['awq', '0.11.0', 'ml.g4dn.xlarge', 'native', 'AWQ GEMM'],
    ['awq', '0.33.0', 'ml.p3.2xlarge', 'unsupported', undefined],
    ['awq', '0.33.0', 'ml.g5.xlarge', 'native', 'Marlin'],
    ['gptq', '0.33.0', 'ml.p3.2xlarge', 'native', 'ExLlama'],
    ['gptq', '0.1.7', 'ml.g5.xlarge', 'unsupported', undefined],
    ['bitsandbytes-nf4', '0.27.1', 'ml.g5.xlarge', 'native', 'bitsandbytes'],
    ['bitsandbytes-nf4', '0.28.0', 'ml.g5.xlarge', 'unsupported', undefined],
    ['gguf:Q4_K_M', '0.23.0', 'ml.g5.xlarge', 'fallback', 'GGUF'],
    ['gguf:Q4_K_M', '0.24.0', 'ml.g5.xlarge', 'unsupported', undefined],
    ['mxfp4', '0.33.0', 'ml.g5.xlarge', 'native', 'Marlin FP4 weight-only'],
    ['mxfp4', '0.9.2', 'ml.p5.48xlarge', 'unsupported', undefined],
    ['int8-w8a8', '0.33.0', 'ml.g4dn.xlarge', 'native', 'CUTLASS INT8'],
    ['int8-w8a8', '0.33.0', 'ml.p6-b200.48xlarge', 'unsupported', undefined],
    ['int8-w8a8', '0.9.1', 'ml.g7e.2xlarge', 'unsupported', undefined],
    ['int8-w8a8', '0.33.0', 'ml.p5.48xlarge', 'native', 'CUTLASS INT8'],
    ['fp8', '0.33.0', 'ml.p5.48xlarge', 'native', 'CUTLASS FP8'],
  ])('%s on vLLM %s, %s: %s', (name, version, instance, level, kernel) => {
    const scheme = name === 'int8-w8a8' || name === 'fp8' ? stored(name) : stored(name);
    const support = schemeSupport(scheme, container('vllm', version), on(instance));
    expect(support).toMatchObject(kernel === undefined ? { level } : { level, kernel });
    expect(support.source).not.toBe('');
    if (level !== 'native') expect(support.reason).toMatch(/\w/);
  });

  describe('runs an FP8 checkpoint', () => {
    const block = stored('fp8-block', { layout: 'fp8' });
    test('natively from 8.9 on', () => {
      expect(schemeSupport(block, container('vllm', '0.33.0'), on('ml.g6.xlarge')).level).toBe('native');
    });
    test.each(['ml.g5.xlarge', 'ml.p4d.24xlarge', 'ml.g4dn.xlarge'])(
      'weight-only through Marlin on %s today',
      (type) => {
        expect(schemeSupport(block, container('vllm', '0.33.0'), on(type))).toMatchObject({
          level: 'fallback',
          kernel: 'Marlin FP8 weight-only',
          nativeSm: 89,
          reason: expect.stringContaining('8.9'),
        });
      },
    );
    test('not at all on an A10G while there was no weight-only kernel for blocks or experts', () => {
      const support = schemeSupport(block, container('vllm', '0.8.5'), on('ml.g5.12xlarge'), { moe: true });
      expect(support).toMatchObject({ level: 'unsupported', minimumSm: 89, supportedSince: '0.9.0' });
    });
    test('made at load time, only from 9.0 on in its first release', () => {
      const online = parseScheme('fp8');
      expect(schemeSupport(online, container('vllm', '0.4.1'), on('ml.g5.12xlarge'))).toMatchObject({
        level: 'unsupported',
        minimumSm: 90,
      });
      expect(schemeSupport(online, container('vllm', '0.5.1'), on('ml.g5.12xlarge')).level).toBe('fallback');
    });
  });

  test('needs 7.5 for compressed-tensors W4A16 today, 8.0 before', () => {
    const w4a16 = stored('gptq', { layout: 'compressed-tensors' });
    expect(schemeSupport(w4a16, container('vllm'), on('ml.p3.2xlarge'))).toMatchObject({
      level: 'unsupported',
      minimumSm: 75,
    });
    expect(schemeSupport(w4a16, container('vllm', '0.11.0'), on('ml.g4dn.xlarge'))).toMatchObject({
      level: 'unsupported',
      minimumSm: 80,
      supportedSince: '0.12.0',
    });
    expect(schemeSupport(w4a16, container('vllm', '0.12.0'), on('ml.g4dn.xlarge')).level).toBe('native');
  });

  test('computes NVFP4 weight-only below Blackwell', () => {
    const nvfp4 = stored('nvfp4', { layout: 'modelopt' });
    expect(schemeSupport(nvfp4, container('vllm'), on('ml.p5.48xlarge'))).toMatchObject({
      level: 'fallback',
      kernel: 'Marlin FP4 weight-only',
    });
    expect(schemeSupport(nvfp4, container('vllm'), on('ml.p6-b200.48xlarge')).level).toBe('native');
  });

  test('accepts only float16 for plain AWQ before 0.24, both with Marlin', () => {
    expect(schemeSupport(stored('awq'), container('vllm', '0.2.3'), undefined).activationDtypes).toEqual(['float16']);
    expect(schemeSupport(stored('awq'), container('vllm', '0.11.0'), on('ml.g5.xlarge')).activationDtypes).toContain(
      'bfloat16',
    );
    expect(methodAt('awq', [0, 24, 0])?.activationDtypes).toContain('bfloat16');
  });

  test('knows which methods a version has', () => {
    expect(quantizationMethods([0, 33, 0])).toEqual(
      expect.arrayContaining(['awq', 'fp8_per_channel', 'compressed-tensors']),
    );
    expect(quantizationMethods([0, 33, 0])).not.toContain('bitsandbytes');
    expect(quantizationMethods([0, 19, 0])).not.toContain('fp8_per_tensor');
    expect(quantizationMethods([0, 1, 4])).toEqual([]);
    expect(methodAt('__proto__', undefined)).toBeUndefined();
    expect(kvCacheDtypes([0, 11, 0])).toContain('fp8_e5m2');
    expect(kvCacheDtypes([0, 1, 0])).toBeUndefined();
  });

  test('says nothing firm of a method nobody knows', () => {
    expect(schemeSupport(stored('awq', { layout: 'vptq', name: 'vptq' }), container('vllm'), undefined).level).toBe(
      'unknown',
    );
  });
});

describe('other engines', () => {
  test.each([
    ['fp8', 'lmi-trtllm', 'ml.g5.2xlarge', 'unsupported'],
    ['fp8', 'lmi-trtllm', 'ml.g6.2xlarge', 'native'],
    ['awq', 'lmi-trtllm', 'ml.g5.2xlarge', 'native'],
    ['awq', 'lmi-trtllm', 'ml.g4dn.xlarge', 'unsupported'],
    ['smoothquant', 'lmi-trtllm', 'ml.g5.2xlarge', 'native'],
    ['bitsandbytes-nf4', 'lmi-trtllm', 'ml.g5.2xlarge', 'unsupported'],
    ['gguf:Q4_K_M', 'llama-cpp', 'ml.c7g.2xlarge', 'native'],
    ['awq', 'llama-cpp', 'ml.g5.2xlarge', 'unsupported'],
    ['neuron-int8', 'lmi-neuron', 'ml.inf2.xlarge', 'native'],
    ['awq', 'hf-vllm-neuron', 'ml.inf2.xlarge', 'unsupported'],
    ['none', 'hf-vllm-neuron', 'ml.inf2.xlarge', 'native'],
    ['none', 'hf-vllm-neuron', 'ml.trn2.48xlarge', 'native'],
    ['none', 'lmi-neuron', 'ml.trn2.48xlarge', 'unsupported'],
    ['fp8', 'sglang', 'ml.p5.48xlarge', 'native'],
    ['fp8', 'sglang', 'ml.g5.2xlarge', 'fallback'],
    ['fp8', 'sglang', 'ml.g4dn.xlarge', 'unknown'],
    ['mxfp4', 'sglang', 'ml.g6e.xlarge', 'native'],
    ['mxfp4', 'sglang', 'ml.g4dn.xlarge', 'unknown'],
    ['nvfp4', 'sglang', 'ml.g6e.xlarge', 'unknown'],
    ['fp8', 'custom', 'ml.g5.2xlarge', 'unknown'],
  ])('%s in %s on %s: %s', (name, family, instance, level) => {
    const support = schemeSupport(stored(name), container(family as ContainerFamily), on(instance));
    expect(support.level).toBe(level);
    if (level !== 'native') expect(support.reason).toMatch(/\w/);
  });

  test('SGLang widens FP8 of dense layers in Marlin, and has no such kernel for experts', () => {
    const ask = (moe: boolean) => schemeSupport(stored('fp8'), container('sglang'), on('ml.g5.2xlarge'), { moe });
    expect(ask(false)).toMatchObject({ kernel: 'Marlin FP8 weight-only', nativeSm: 89 });
    expect(ask(true)).toMatchObject({ level: 'unsupported', minimumSm: 89 });
    expect(ask(true).reason).toContain('for experts');
  });

  test('SGLang widens blocks of FP8 since 0.5.1', () => {
    const ask = (version: string | undefined, instance: string) =>
      schemeSupport(stored('fp8-block'), container('sglang', version), on(instance));
    for (const version of ['0.4.6.post1', '0.4.10.post2'])
      expect(ask(version, 'ml.g5.2xlarge')).toMatchObject({ level: 'unsupported', minimumSm: 89 });
    for (const version of [undefined, '0.5.1', '0.5.20']) expect(ask(version, 'ml.g5.2xlarge').level).toBe('fallback');
    expect(ask('0.4.8', 'ml.g6.2xlarge').level).toBe('native');
  });

  test('SGLang refuses ModelOpt checkpoints below their own minimum, which fell for NVFP4', () => {
    const ask = (name: string, version: string | undefined, instance: string) =>
      schemeSupport(stored(name, { layout: 'modelopt' }), container('sglang', version), on(instance));
    for (const version of [undefined, '0.5.6', '0.5.20'])
      expect(ask('fp8-static', version, 'ml.g5.2xlarge')).toMatchObject({ level: 'unsupported', minimumSm: 89 });
    expect(ask('fp8-static', '0.5.20', 'ml.g6.2xlarge').level).toBe('native');
    expect(ask('nvfp4', '0.5.12', 'ml.p4d.24xlarge')).toMatchObject({ level: 'unsupported', minimumSm: 100 });
    for (const version of [undefined, '0.5.13', '0.5.20'])
      expect(ask('nvfp4', version, 'ml.p4d.24xlarge').level).toBe('unknown');
  });
});
