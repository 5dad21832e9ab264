import type { ModelSpec } from '../spec/types';
import type { OptimizationSpec } from './types';

/** AWQ's group where none is given. Source: djl-serving sm_neo_quantize.py, `option.awq_block_size`. */
const AWQ_GROUP = 128;

/**
 * What is known of the checkpoint that a job writes, before it is written: the source's config with the quantization
 * that the job adds. Sizes follow from the config.
 */
export function resultModel({ technique, model }: OptimizationSpec): ModelSpec {
  const { config, weightBytes } = model;
  switch (technique.kind) {
    case 'awq':
      return quantized(config, {
        // Source: AutoAWQ 0.2.9, awq/models/_config.py.
        quant_method: 'awq',
        bits: 4,
        group_size: technique.groupSize ?? AWQ_GROUP,
        zero_point: true,
        version: 'gemm',
        modules_to_not_convert: technique.ignoredLayers ?? null,
      });
    case 'fp8':
      return quantized(config, {
        // Source: compressed-tensors, `FP8` preset of quantization/quant_scheme.py.
        quant_method: 'compressed-tensors',
        format: 'float-quantized',
        quantization_status: 'compressed',
        config_groups: {
          group_0: {
            targets: ['Linear'],
            weights: { num_bits: 8, type: 'float', symmetric: true, strategy: 'tensor', dynamic: false },
            input_activations: { num_bits: 8, type: 'float', symmetric: true, strategy: 'tensor', dynamic: false },
          },
        },
        ignore: technique.ignoredLayers ?? ['lm_head'],
      });
    case 'tensorrt-llm':
      return config === undefined ? {} : { config };
    case 'neuron':
    case 'fast-model-loader':
      return {
        ...(config === undefined ? {} : { config }),
        ...(weightBytes === undefined ? {} : { weightBytes }),
      };
  }
}

/** Scheme that the server must be told, since the result's own files do not say it in a `config.json`. */
export function resultScheme({ technique }: OptimizationSpec): string | undefined {
  return technique.kind === 'tensorrt-llm' ? technique.quantization : undefined;
}

function quantized(config: ModelSpec['config'], quantization_config: Record<string, unknown>): ModelSpec {
  return config === undefined ? {} : { config: { ...config, quantization_config } };
}
