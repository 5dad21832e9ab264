import type { RowGrid } from '../rows/grid';
import type { WeightDtype } from '../tensor';

/** Settings of AutoAWQ's `quant_config`, as far as values depend on them. */
export interface AwqArgs {
  readonly w_bit: number;
  /** Columns that share a scale; -1: the whole row. */
  readonly q_group_size: number;
  readonly zero_point: boolean;
}

/**
 * The grid of AutoAWQ 0.2.9 (`awq/quantize/quantizer.py::pseudo_quantize_tensor`). With a zero point the range is not widened
 * to hold zero: groups of one sign saturate, as in the library.
 *
 * @param arithmetic AutoAWQ casts every linear layer to f16 before it quantizes it
 */
export function awqGrid(args: AwqArgs, arithmetic: WeightDtype = 'F16'): RowGrid {
  return {
    grid: args.zero_point ? 'awq-zero-point' : 'awq-symmetric',
    bits: args.w_bit,
    sharing: args.q_group_size > 0 ? { strategy: 'group', groupSize: args.q_group_size } : { strategy: 'channel' },
    arithmetic,
  };
}
