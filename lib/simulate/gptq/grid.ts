import type { RowGrid } from '../rows/grid';

/** Settings of gptqmodel's `QuantizeConfig`, as far as the grid depends on them. */
export interface GptqGridArgs {
  readonly bits: number;
  /** Columns that share a scale; -1: the whole row. */
  readonly group_size: number;
  readonly sym: boolean;
}

/** The grid of gptqmodel 7.7 (`quantization/quantizer.py::find_params`), in f32. */
export function gptqGrid(args: GptqGridArgs): RowGrid {
  return {
    grid: args.sym ? 'gptq-symmetric' : 'gptq-asymmetric',
    bits: args.bits,
    sharing: args.group_size > 0 ? { strategy: 'group', groupSize: args.group_size } : { strategy: 'channel' },
    arithmetic: 'F32',
  };
}
