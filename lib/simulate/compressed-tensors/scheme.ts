import type { RowGrid, Sharing } from '../rows/grid';

/** `config_groups.*.weights` and `.input_activations` of a compressed-tensors `quantization_config`, as far as values depend on it. */
export interface QuantizationArgs {
  readonly num_bits: number;
  readonly type: 'int' | 'float';
  readonly strategy: 'tensor' | 'channel' | 'group' | 'block' | 'token';
  readonly symmetric: boolean;
  /** Columns that share a scale, for strategy `group`. */
  readonly group_size?: number | null;
  /** `[rows, columns]` that share a scale, for strategy `block`. */
  readonly block_structure?: readonly number[] | null;
  /** Activations: scales computed at run time. */
  readonly dynamic?: boolean;
}

/** How compressed-tensors lays a quantized weight out. */
export type CompressedFormat = 'pack-quantized' | 'int-quantized' | 'float-quantized' | 'naive-quantized';

/** The grid that the arguments mean. A token is a row of activations. */
export function gridOf(args: QuantizationArgs): RowGrid {
  const grid = args.type === 'float' ? 'fp8' : args.symmetric ? 'int-symmetric' : 'int-asymmetric';
  return { grid, bits: args.num_bits, sharing: sharingOf(args) };
}

function sharingOf(args: QuantizationArgs): Sharing {
  switch (args.strategy) {
    case 'tensor':
      return { strategy: 'tensor' };
    case 'group':
      return { strategy: 'group', groupSize: args.group_size ?? 128 };
    case 'block': {
      const [rows, columns] = args.block_structure ?? [128, 128];
      return { strategy: 'block', rows, columns };
    }
    default:
      return { strategy: 'channel' };
  }
}
