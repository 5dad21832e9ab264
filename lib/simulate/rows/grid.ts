import type { WeightDtype } from '../tensor';

/** Numbers of kernels/grids.ts, `Grid`. */
export const GRID_NUMBERS = {
  'int-symmetric': 0,
  'int-asymmetric': 1,
  fp8: 2,
  'neuron-int8-channel': 3,
  'neuron-int8-tensor': 4,
  'neuron-fp8-channel': 5,
  'neuron-fp8-tensor': 6,
  'awq-zero-point': 7,
  'awq-symmetric': 8,
  'gptq-symmetric': 9,
  'gptq-asymmetric': 10,
  mxfp4: 11,
  nvfp4: 12,
} as const;

export type GridName = keyof typeof GRID_NUMBERS;

/** Numbers of kernels/dtype.ts, `Dtype`. */
export const DTYPE_NUMBERS: Readonly<Record<WeightDtype, number>> = { F32: 0, F16: 1, BF16: 2 };

/** Which weights share a scale: all of them, a row, a run of a row, a tile. */
export type Sharing =
  | { readonly strategy: 'tensor' }
  | { readonly strategy: 'channel' }
  | { readonly strategy: 'group'; readonly groupSize: number }
  | { readonly strategy: 'block'; readonly rows: number; readonly columns: number };

/** Round-to-nearest quantization of a matrix: the grid, and who shares a scale. */
export interface RowGrid {
  readonly grid: GridName;
  readonly bits: number;
  readonly sharing: Sharing;
  /** The library casts weights to this type before it quantizes them. Default: the stored type. */
  readonly arithmetic?: WeightDtype;
}

/** Columns that share a scale within a row. */
export function groupColumns(sharing: Sharing, columns: number): number {
  if (sharing.strategy === 'group') return sharing.groupSize;
  return sharing.strategy === 'block' ? sharing.columns : columns;
}

/** Rows that share a scale; 0 when each row has its own, which a single pass can then compute. */
export function rowsPerScale(sharing: Sharing, rows: number): number {
  if (sharing.strategy === 'tensor') return Math.max(rows, 1);
  return sharing.strategy === 'block' ? sharing.rows : 0;
}

/** Scales of a matrix, as rows × columns of the scale tensor. */
export function scaleShape(sharing: Sharing, rows: number, columns: number): [number, number] {
  const down = rowsPerScale(sharing, rows);
  return [down === 0 ? rows : Math.ceil(rows / down), Math.ceil(columns / groupColumns(sharing, columns))];
}
