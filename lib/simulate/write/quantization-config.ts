import type { QuantizationArgs } from '../compressed-tensors/scheme';
import { modulePatterns } from './keep';
import type { EncodingPlan } from './plan-encoding';

/** Releases whose layout is written; readers of later ones take it too. */
const COMPRESSED_TENSORS_VERSION = '0.19.0';

/**
 * `quantization_config` of `config.json`.
 *
 * @param ignored modules (linear layers) that are stored as they were
 * @param kept modules that are stored at INT8 instead
 */
export function quantizationConfig(
  plan: EncodingPlan,
  ignored: readonly string[],
  kept: readonly string[] = [],
): object {
  const { encoding, activations } = plan;
  switch (encoding.kind) {
    case 'awq': {
      const { w_bit, q_group_size, zero_point } = encoding.args;
      return {
        quant_method: 'awq',
        bits: w_bit,
        group_size: q_group_size,
        zero_point,
        version: 'gemm',
        modules_to_not_convert: ignored.length > 1 ? ignored : null,
      };
    }
    case 'gptq': {
      const { bits, group_size, sym, desc_act, damp_percent } = encoding.args;
      const format = encoding.version === 1 ? 'gptq' : 'gptq_v2';
      return {
        quant_method: 'gptq',
        bits,
        group_size,
        sym,
        desc_act,
        damp_percent,
        static_groups: false,
        true_sequential: true,
        lm_head: false,
        method: 'gptq',
        format,
        checkpoint_format: format,
        pack_dtype: 'int32',
        ...(ignored.length > 1 || kept.length > 0
          ? { modules_in_block_to_quantize: null, dynamic: dynamicRules(ignored, kept) }
          : {}),
      };
    }
    case 'neuron':
      return {
        quant_method: 'neuron',
        quantization_dtype: encoding.type === 'int8' ? 'int8' : 'f8e4m3',
        quantization_type: encoding.quantization,
        modules_to_not_convert: ignored,
      };
    case 'fp4':
      return compressedTensors(
        `${encoding.type}-pack-quantized`,
        {
          num_bits: 4,
          type: 'float',
          strategy: encoding.type === 'mxfp4' ? 'group' : 'tensor_group',
          group_size: encoding.type === 'mxfp4' ? 32 : 16,
          symmetric: true,
          scale_dtype: encoding.type === 'mxfp4' ? 'torch.uint8' : 'torch.float8_e4m3fn',
          zp_dtype: encoding.type === 'mxfp4' ? 'torch.uint8' : 'torch.float8_e4m3fn',
        },
        undefined,
        ignored,
      );
    default:
      return compressedTensors(encoding.format, encoding.weights, activations, ignored, keptGroup(plan, kept));
  }
}

/**
 * gptqmodel leaves out the modules that a rule with a minus names, and gives other settings to those that one with a plus names. vLLM
 * asks for the names under which it fuses them.
 */
function dynamicRules(ignored: readonly string[], kept: readonly string[]): Readonly<Record<string, object>> {
  return Object.fromEntries([
    ...modulePatterns(ignored.filter((name) => name !== 'lm_head')).map((pattern) => [`-:${pattern}`, {}]),
    ...modulePatterns(kept).map((pattern) => [`+:${pattern}`, { bits: 8 }]),
  ]);
}

/**
 * A second group for the layers at INT8. It names them, and the names under which vLLM fuses them: a name wins over the class
 * `Linear` of the first group, which a fused layer's class contains.
 */
function keptGroup({ keptAtInt8 }: EncodingPlan, kept: readonly string[]): object {
  if (kept.length === 0 || keptAtInt8?.kind !== 'compressed-tensors') return {};
  return {
    group_1: {
      format: keptAtInt8.format,
      targets: modulePatterns(kept).map((pattern) => `re:${pattern}`),
      weights: argsJson(keptAtInt8.weights, 'memoryless_minmax'),
      input_activations: null,
      output_activations: null,
    },
  };
}

type Args = Omit<QuantizationArgs, 'strategy'> & {
  readonly strategy: string;
  readonly scale_dtype?: string;
  readonly zp_dtype?: string;
};

function compressedTensors(
  format: string,
  weights: Args,
  activations: QuantizationArgs | undefined,
  ignored: readonly string[],
  moreGroups: object = {},
): object {
  return {
    quant_method: 'compressed-tensors',
    format,
    quantization_status: 'compressed',
    ignore: ignored,
    kv_cache_scheme: null,
    global_compression_ratio: null,
    sparsity_config: {},
    transform_config: {},
    version: COMPRESSED_TENSORS_VERSION,
    config_groups: {
      group_0: {
        format,
        targets: ['Linear'],
        weights: argsJson(weights, weights.strategy === 'tensor_group' ? 'static_minmax' : 'memoryless_minmax'),
        input_activations:
          activations === undefined
            ? null
            : argsJson(activations, activations.dynamic === true ? null : 'static_minmax'),
        output_activations: null,
      },
      ...moreGroups,
    },
  };
}

function argsJson(args: Args, observer: string | null): object {
  return {
    num_bits: args.num_bits,
    type: args.type,
    symmetric: args.symmetric,
    strategy: args.strategy,
    group_size: args.group_size ?? null,
    block_structure: args.block_structure ?? null,
    dynamic: args.dynamic ?? false,
    actorder: null,
    observer,
    observer_kwargs: {},
    scale_dtype: args.scale_dtype ?? null,
    zp_dtype: args.zp_dtype ?? null,
  };
}
