import { knownVariables, resolveContainer } from '../../lib/container';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { defaultImageOf, optimizationConfigs, resultModel, resultScheme, type Technique } from '../../lib/optimization';
import { AWQ, FP8, job, LLAMA_8B, NEURON, SHARD, SMOOTHQUANT } from '../../lib/optimization/rules/samples';

const schemeOf = (technique: Technique) =>
  resolveEndpoint({
    model: resultModel(job(technique)),
    quantization: resultScheme(job(technique)),
    container: { family: technique.kind === 'tensorrt-llm' ? 'lmi-trtllm' : 'lmi', version: undefined },
  }).scheme;

describe('the result of a job is known before it runs', () => {
  test('AWQ: 4 bits in groups of 128', () => {
    expect(schemeOf(AWQ)).toMatchObject({ name: 'awq', groupSize: 128 });
  });

  test('AWQ: in the groups that were asked for', () => {
    expect(schemeOf({ kind: 'awq', groupSize: 64 })).toMatchObject({ name: 'awq', groupSize: 64 });
  });

  test('FP8: activations scaled by what was measured', () => {
    expect(schemeOf(FP8)).toMatchObject({ name: 'fp8-static' });
  });

  test('TensorRT-LLM: the scheme that the engine was built for', () => {
    expect(schemeOf(SMOOTHQUANT)).toMatchObject({ name: 'smoothquant' });
  });

  test('sharding and compiling leave the weights as they are', () => {
    const spec = job(SHARD, { model: { config: LLAMA_8B, weightBytes: 16_060_522_496 } });
    expect(resultModel(spec)).toEqual({ config: LLAMA_8B, weightBytes: 16_060_522_496 });
    expect(resultModel({ ...spec, technique: NEURON })).toEqual({ config: LLAMA_8B, weightBytes: 16_060_522_496 });
  });

  test('quantizing makes the size of the source useless', () => {
    expect(resultModel(job(AWQ, { model: { config: LLAMA_8B, weightBytes: 16e9 } })).weightBytes).toBeUndefined();
  });

  test('of an unknown model nothing is made up', () => {
    expect(resultModel(job(AWQ, { model: {} }))).toEqual({});
  });
});

describe('steps', () => {
  test('each has its image and the user’s variables', () => {
    expect(optimizationConfigs(SMOOTHQUANT, 'image', { OPTION_X: '1' })).toEqual([
      {
        ModelQuantizationConfig: {
          Image: 'image',
          OverrideEnvironment: { OPTION_QUANTIZE: 'smoothquant', OPTION_X: '1' },
        },
      },
      {
        ModelCompilationConfig: {
          Image: 'image',
          OverrideEnvironment: { OPTION_TENSOR_PARALLEL_DEGREE: '4', OPTION_X: '1' },
        },
      },
    ]);
  });

  test('AWQ is one quantization in the image that the service chooses', () => {
    expect(optimizationConfigs({ kind: 'awq', groupSize: 64, ignoredLayers: ['lm_head', 'model.layers.0'] })).toEqual([
      {
        ModelQuantizationConfig: {
          OverrideEnvironment: {
            OPTION_QUANTIZE: 'awq',
            OPTION_AWQ_BLOCK_SIZE: '64',
            OPTION_AWQ_IGNORE_LAYERS: 'lm_head,model.layers.0',
          },
        },
      },
    ]);
  });

  test.each([
    ['TensorRT-LLM', { ...SMOOTHQUANT, maxInputTokens: 2_048, maxOutputTokens: 512, maxBatchSize: 8 } as Technique],
    ['Neuron', NEURON],
  ])('%s: every variable is one that its image reads', (_, technique) => {
    const { family, version } = defaultImageOf(technique)!;
    const { find } = knownVariables(resolveContainer({ family, version })!);
    const names = optimizationConfigs(technique).flatMap((config) =>
      Object.values(config).flatMap(({ OverrideEnvironment }) => Object.keys(OverrideEnvironment)),
    );
    expect(names.filter((name) => find(name) === undefined)).toEqual([]);
  });
});
