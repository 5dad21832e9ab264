import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { makePlan } from '../../lib/plan';

const MIB = 2 ** 20;
const FILES = { SM_LLAMA_CPP_MODEL: '/opt/ml/model/m.gguf', SM_LLAMA_CPP_MMPROJ: '/opt/ml/model/mmproj-F16.gguf' };
const REPOSITORY = { SM_LLAMA_CPP_HF_REPO: 'ggml-org/Qwen2.5-VL-7B-Instruct-GGUF' };

const weights = (environment: Record<string, string>, version?: string, instanceType = 'ml.g6.xlarge') =>
  makePlan(
    resolveEndpoint({
      model: { id: 'Qwen/Qwen2.5-VL-7B-Instruct' },
      quantization: 'gguf:Q4_K_M',
      container: { family: 'llama-cpp', ...(version === undefined ? {} : { version }) },
      instanceType,
      options: { maxModelLen: 4096, slots: 1 },
      environment: { SM_LLAMA_CPP_N_GPU_LAYERS: '999', ...environment },
    }),
  ).memory.weights!;

const TEXT = weights({});

describe('the projector of a model that sees', () => {
  test.each([FILES, REPOSITORY, { LLAMA_ARG_MMPROJ_URL: 'https://example.com/mmproj.gguf' }])(
    'is on the GPU, of the size that llama-server prints: %j',
    (environment) => {
      const printed = 1291.4 * MIB;
      expect(Math.abs(weights(environment) - TEXT - printed)).toBeLessThan(0.01 * printed);
    },
  );

  test.each<[string, Record<string, string>, string | undefined]>([
    ['without one', {}, undefined],
    ['in the memory of the host', { ...FILES, SM_LLAMA_CPP_NO_MMPROJ_OFFLOAD: 'true' }, undefined],
    ['left in the repository', { ...REPOSITORY, SM_LLAMA_CPP_NO_MMPROJ: 'true' }, undefined],
    ['of a repository, in a build that leaves it there', REPOSITORY, 'b4980'],
  ])('takes nothing of the GPU %s', (_, environment, version) => {
    expect(weights(environment, version)).toBe(weights({}, version));
  });

  test('stays on the GPU where a switch is off', () => {
    expect(weights({ ...FILES, SM_LLAMA_CPP_NO_MMPROJ_OFFLOAD: 'false' })).toBe(weights(FILES));
  });

  test('is in the memory of an instance without a GPU, wherever it was to be', () => {
    const onCpu = (environment: Record<string, string>) => weights(environment, undefined, 'ml.c7i.4xlarge');
    expect(onCpu(FILES) - onCpu({})).toBeGreaterThan(1280 * MIB);
    expect(onCpu({ ...FILES, SM_LLAMA_CPP_NO_MMPROJ_OFFLOAD: 'true' })).toBe(onCpu(FILES));
  });

  test('is none of a model that only reads', () => {
    const planned = (environment: Record<string, string>) =>
      makePlan(
        resolveEndpoint({
          model: { id: 'meta-llama/Meta-Llama-3.1-8B' },
          quantization: 'gguf:Q4_K_M',
          container: { family: 'llama-cpp' },
          instanceType: 'ml.g6.xlarge',
          options: { maxModelLen: 4096 },
          environment,
        }),
      ).memory.weights;
    expect(planned(FILES)).toBe(planned({}));
  });
});
