import type { Technique } from './types';

/** Variables of one of the steps of a job. */
export type OverrideEnvironment = Readonly<Record<string, string>>;

/** One member of `OptimizationConfigs` of the API. */
export type OptimizationConfig =
  | { readonly ModelQuantizationConfig: StepConfig }
  | { readonly ModelCompilationConfig: StepConfig }
  | { readonly ModelShardingConfig: StepConfig };

interface StepConfig {
  readonly Image?: string;
  readonly OverrideEnvironment: OverrideEnvironment;
}

/**
 * A job's steps, as `CreateOptimizationJob` takes them.
 *
 * @param image URI of the image in which each step runs; the service's own choice where it is left out
 * @param environment more variables, for each step
 */
export function optimizationConfigs(
  technique: Technique,
  image?: string,
  environment: OverrideEnvironment = {},
): readonly OptimizationConfig[] {
  const step = (own: OverrideEnvironment): StepConfig => ({
    ...(image === undefined ? {} : { Image: image }),
    OverrideEnvironment: { ...own, ...environment },
  });
  switch (technique.kind) {
    case 'awq':
    case 'fp8':
      return [{ ModelQuantizationConfig: step(techniqueVariables(technique)) }];
    case 'tensorrt-llm':
      return [
        ...(technique.quantization === undefined
          ? []
          : [{ ModelQuantizationConfig: step({ OPTION_QUANTIZE: technique.quantization }) }]),
        { ModelCompilationConfig: step(techniqueVariables(technique)) },
      ];
    case 'neuron':
      return [{ ModelCompilationConfig: step(techniqueVariables(technique)) }];
    case 'fast-model-loader':
      return [{ ModelShardingConfig: step(techniqueVariables(technique)) }];
  }
}

/**
 * Variables that a technique sets itself.
 * Source: djl-serving serving/docker/partition/sm_neo_quantize.py, sm_neo_shard.py, sm_neo_trt_llm_partition.py,
 * sm_neo_neuron_partition.py.
 */
export function techniqueVariables(technique: Technique): OverrideEnvironment {
  switch (technique.kind) {
    case 'awq':
      return texts({
        OPTION_QUANTIZE: 'awq',
        OPTION_AWQ_BLOCK_SIZE: technique.groupSize,
        OPTION_AWQ_IGNORE_LAYERS: technique.ignoredLayers?.join(','),
      });
    case 'fp8':
      return texts({
        OPTION_QUANTIZE: 'fp8',
        OPTION_FP8_IGNORE: technique.ignoredLayers?.join(','),
        OPTION_CALIB_SIZE: technique.calibrationSamples,
        OPTION_MAX_MODEL_LEN: technique.calibrationLength,
      });
    case 'tensorrt-llm':
      return texts({
        OPTION_TENSOR_PARALLEL_DEGREE: technique.tensorParallelSize,
        OPTION_MAX_INPUT_LEN: technique.maxInputTokens,
        OPTION_MAX_OUTPUT_LEN: technique.maxOutputTokens,
        OPTION_MAX_ROLLING_BATCH_SIZE: technique.maxBatchSize,
      });
    case 'neuron':
      return texts({
        OPTION_TENSOR_PARALLEL_DEGREE: technique.tensorParallelSize,
        OPTION_N_POSITIONS: technique.sequenceLength,
        OPTION_MAX_ROLLING_BATCH_SIZE: technique.batchSize,
        OPTION_ROLLING_BATCH: 'auto',
      });
    case 'fast-model-loader':
      return texts({ OPTION_TENSOR_PARALLEL_DEGREE: technique.tensorParallelSize });
  }
}

function texts(values: Readonly<Record<string, string | number | undefined>>): OverrideEnvironment {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}
