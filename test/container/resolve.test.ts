import fc from 'fast-check';
import { findImage, imageVersions, parseImageUri, registryRegions, resolveContainer } from '../../lib/container';
import { findInstance } from '../../lib/hardware';
import { CONTAINER_FAMILIES, type ContainerFamily } from '../../lib/spec/types';

describe('a container named by a spec', () => {
  test.each<[ContainerFamily, string | undefined, object]>([
    [
      'lmi',
      '0.36.0-lmi27',
      { engine: 'vllm', engineVersion: [0, 23, 1], cuda: 130, lmi: 27, tag: '0.36.0-lmi27.0.0-cu130' },
    ],
    ['lmi', '0.36.0', { version: '0.36.0-lmi27' }],
    ['lmi', '0.36.0-lmi28.0.0-cu130', { engineVersion: [0, 26, 0] }],
    ['lmi', 'lmi15', { engineVersion: [0, 8, 4], cuda: 128 }],
    ['vllm', '0.25.1-transformers5.10-gpu-py312-cu130-ubuntu22.04', { engineVersion: [0, 25, 1], cuda: 130 }],
    ['sglang', '0.5.12-transformers5.6.0-gpu-py312-cu130-ubuntu24.04', { engineVersion: [0, 5, 12], cuda: 130 }],
    ['sglang', 'v0.5.4-cu129', { engineVersion: [0, 5, 4], cuda: 129 }],
    ['sglang', '0.5-gpu-py312-cu129-ubuntu24.04-sagemaker-v1', { engineVersion: [0, 5, 10], cuda: 129 }],
    ['sglang', '0.5-gpu-py312', { engineVersion: [0, 5, 20], cuda: 130 }],
    ['vllm', '0.27-gpu-py312-cu130-ubuntu22.04-sagemaker-v1', { engineVersion: [0, 27, 1], cuda: 130 }],
    ['lmi', '0.36.0-lmi20.0.0-cu128-v1.0', { engineVersion: [0, 15, 1], cuda: 128, lmi: 20, tag: undefined }],
    ['lmi', '0.32.0-lmi14.0.0-cu124', { engineVersion: [0, 7, 3], cuda: 124, lmi: 14 }],
    ['lmi-trtllm', '0.33.0-tensorrtllm0.21.0-cu128-v1.2', { engineVersion: [0, 21, 0], cuda: 128 }],
    ['lmi-neuron', '0.29.0-neuronx-sdk2.19.1-v1.0', { engine: 'transformers-neuronx' }],
    ['lmi', '0.28.0-lmi10.0.0-cu124', { engineVersion: [0, 4, 2] }],
    ['lmi', '0.26.0-deepspeed0.12.6-cu121', { engine: 'unknown', cuda: 121 }],
    ['lmi', undefined, { version: '0.38.0-lmi29', versionDefaulted: true, environmentPrefix: 'OPTION_' }],
    ['lmi-trtllm', undefined, { version: '0.33.0', engine: 'tensorrt-llm', engineVersion: [0, 21, 0] }],
    ['lmi-neuron', undefined, { engine: 'transformers-neuronx', cuda: undefined }],
    ['vllm', '0.24.0-gpu-py312-cu130-ubuntu22.04-sagemaker', { version: '0.24.0', cuda: 130 }],
    ['vllm', '0.15.1', { engineVersion: [0, 15, 1], cuda: 129 }],
    ['vllm', '0.6.3.post1', { engineVersion: [0, 6, 3, 1] }],
    ['vllm', 'server-sagemaker-cuda-v2.4', { engineVersion: [0, 27, 1], cuda: 130 }],
    ['vllm', 'server-sagemaker-cuda-v2', { engineVersion: undefined, cuda: 130 }],
    ['vllm', undefined, { version: '0.30.0', environmentPrefix: 'SM_VLLM_' }],
    ['sglang', '0.5.14', { engine: 'sglang', engineVersion: [0, 5, 14] }],
    ['sglang', '0.4.6.post1', { engine: 'sglang', engineVersion: [0, 4, 6, 1], environmentPrefix: 'SM_SGLANG_' }],
    ['sglang', 'v0.2.12', { version: '0.2.12', engineVersion: [0, 2, 12] }],
    ['sglang', '0.5.23', { engineVersion: [0, 5, 23] }],
    ['llama-cpp', undefined, { engine: 'llama.cpp', tag: 'server-sagemaker-cuda-v1.0.1', cuda: 130 }],
    ['hf-vllm-neuron', undefined, { engine: 'neuron-vllm', engineVersion: [0, 11, 0], environmentPrefix: 'SM_ON_' }],
  ])('%s %s', (family, version, expected) => {
    const container = resolveContainer({ family, version });
    expect(container).toMatchObject(expected);
    expect(container?.assumedVersion).toBeUndefined();
  });

  test.each<[ContainerFamily, string, string, number[] | undefined]>([
    ['vllm', '0.34.0', '0.33.0', [0, 33, 0]],
    ['vllm', '0.7.9', '0.7.3', [0, 7, 3]],
    ['lmi', '0.36.0-lmi30.0.0-cu130', '0.36.0-lmi28', [0, 26, 0]],
    ['lmi', '0.36.0-lmi12.0.0-cu130', '0.35.0-lmi17', [0, 11, 1]],
    ['lmi', '0.40.0', '0.38.0-lmi29', [0, 28, 0]],
    ['lmi-trtllm', '0.34.0', '0.33.0', [0, 21, 0]],
    ['lmi', '0.1.0', '0.19.0-deepspeed0.7.3-cu113', undefined],
    ['vllm', 'nightly', '0.30.0', [0, 30, 0]],
    ['sglang', '0.5.0rc0', '0.4.10.post2', [0, 4, 10, 2]],
    ['sglang', '0.5.99', '0.5.23', [0, 5, 23]],
    ['sglang', 'nightly', '0.5.20', [0, 5, 20]],
  ])('%s %s is not known: what is known of %s is applied', (family, version, assumedVersion, engineVersion) => {
    expect(resolveContainer({ family, version })).toMatchObject({ version, assumedVersion });
    expect(resolveContainer({ family, version })?.engineVersion).toEqual(engineVersion);
  });

  test('takes CUDA from a tag it does not know', () => {
    expect(resolveContainer({ family: 'vllm', version: '0.34.0-gpu-py312-cu131-ubuntu24.04-sagemaker' })?.cuda).toBe(
      131,
    );
  });

  test('differs by the processor of the instance', () => {
    const on = (type: string) => resolveContainer({ family: 'llama-cpp' }, undefined, findInstance(type));
    expect(on('ml.g5.xlarge')).toMatchObject({ repository: 'llama-cpp', cuda: 130 });
    expect(on('ml.c7i.2xlarge')).toMatchObject({ tag: 'server-sagemaker-cpu-v1.0.1', cuda: undefined });
    expect(on('ml.c7g.2xlarge')).toMatchObject({ repository: 'llama-cpp-arm64', cuda: undefined });
  });

  test('may be a custom image, understood as far as its URI goes', () => {
    const custom = (image: string) => resolveContainer({ family: 'custom', image });
    expect(custom('vllm/vllm-openai:v0.8.5')).toMatchObject({ engine: 'vllm', engineVersion: [0, 8, 5] });
    expect(custom('123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1')).toMatchObject({ engine: 'unknown' });
    expect(custom('763104351884.dkr.ecr.us-east-1.amazonaws.com/djl-inference:0.36.0-lmi27.0.0-cu130')).toMatchObject({
      engine: 'vllm',
      engineVersion: [0, 23, 1],
      cuda: 130,
    });
    expect(resolveContainer({ family: 'custom' })).toMatchObject({ engine: 'unknown' });
  });

  test('is undefined only where none is named', () => {
    expect(resolveContainer(undefined)).toBeUndefined();
    fc.assert(
      fc.property(fc.constantFrom(...CONTAINER_FAMILIES), fc.string(), (family, version) => {
        expect(resolveContainer({ family, version, image: version })?.family).toBe(family);
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  test('every version that is listed is found again', () => {
    for (const family of CONTAINER_FAMILIES)
      for (const version of imageVersions(family))
        expect(resolveContainer({ family, version })).toMatchObject({ version });
  });
});

describe('an image', () => {
  test.each([
    ['us-east-1', '763104351884.dkr.ecr.us-east-1.amazonaws.com/djl-inference:0.36.0-lmi27.0.0-cu130', true],
    ['cn-north-1', '727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/djl-inference:0.36.0-lmi27.0.0-cu130', true],
    ['us-gov-west-1', '442386744353.dkr.ecr.us-gov-west-1.amazonaws.com/djl-inference:0.36.0-lmi27.0.0-cu130', true],
    ['us-iso-east-1', '886529160074.dkr.ecr.us-iso-east-1.c2s.ic.gov/djl-inference:0.36.0-lmi27.0.0-cu130', true],
  ])('of LMI in %s', (region, uri, available) => {
    expect(findImage('lmi', '0.36.0-lmi27', region)).toMatchObject({ uri, available });
  });

  test('says where a version is not in a region, and where that is not known', () => {
    expect(findImage('vllm', '0.30.0', 'us-gov-west-1')?.available).toBe(false);
    expect(findImage('vllm', '0.28.0', 'us-gov-west-1')?.available).toBe(true);
    expect(findImage('vllm', '0.15.1', 'us-east-1')?.available).toBeUndefined();
  });

  test('is undefined for a region without a registry, or a version without an image', () => {
    expect(findImage('lmi', undefined, 'moon-1')).toBeUndefined();
    expect(findImage('lmi', undefined, '__proto__')).toBeUndefined();
    expect(findImage('vllm', '0.8.5', 'us-east-1')).toBeUndefined();
    expect(findImage('custom', undefined, 'us-east-1')).toBeUndefined();
    expect(registryRegions).toContain('eusc-de-east-1');
  });

  test.each([
    [
      '763104351884.dkr.ecr.us-east-1.amazonaws.com/vllm:0.24.0-gpu-py312-cu130-ubuntu22.04-sagemaker',
      { account: '763104351884', region: 'us-east-1', repository: 'vllm', engine: 'vllm', cuda: 130 },
    ],
    [
      'ghcr.io/ggml-org/llama.cpp:server-cuda',
      { registry: 'ghcr.io', repository: 'ggml-org/llama.cpp', engine: 'llama.cpp' },
    ],
    [`lmsysorg/sglang@sha256:${'0'.repeat(64)}`, { repository: 'lmsysorg/sglang', engine: 'sglang' }],
  ])('URI %s is taken apart', (uri, expected) => {
    expect(parseImageUri(uri)).toMatchObject(expected);
  });

  test.each(['', 'two words', 'http://x/y:z', 'a:b:c'])('URI %p is not one', (uri) => {
    expect(parseImageUri(uri)).toBeUndefined();
  });
});

describe('a tag that says itself what is in it', () => {
  test.each(['0.11.2-gpu-py312-cu129-ubuntu22.04-sagemaker', 'v0.11.2-gpu-py312-cu129-ubuntu22.04-sagemaker-v1.2'])(
    '%s is that release on that CUDA',
    (version) => {
      const container = resolveContainer({ family: 'vllm', version });
      expect(container).toMatchObject({ version, engineVersion: [0, 11, 2], cuda: 129 });
      expect(container?.assumedVersion).toBeUndefined();
    },
  );

  test('so do those of SGLang', () => {
    const version = '0.5.21-gpu-py312-cu130-ubuntu24.04-sagemaker';
    const container = resolveContainer({ family: 'sglang', version });
    expect(container).toMatchObject({ version, engineVersion: [0, 5, 21], cuda: 130 });
    expect(container?.assumedVersion).toBeUndefined();
  });

  test.each([
    '0.11.2-cpu',
    '0.11.9-gpu-py312-cu129-ubuntu22.04-sagemaker',
    '0.11.2-gpu-py312',
    '0.11.21-gpu-py312-cu129-x',
  ])('%s is not, and something is assumed', (version) => {
    expect(resolveContainer({ family: 'vllm', version })?.assumedVersion).toBeDefined();
  });
});
