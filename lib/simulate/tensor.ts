import type { SafetensorsDtype } from '../format/safetensors';

/** Types that weights are quantized from. Others are decoded to one of them first. */
export type WeightDtype = 'F32' | 'F16' | 'BF16';

/** Bytes an element takes. */
export const WEIGHT_BYTES: Readonly<Record<WeightDtype, number>> = { F32: 4, F16: 2, BF16: 2 };

/** A weight matrix, row-major: `rows` = out features, `columns` = in features. */
export interface Matrix {
  readonly dtype: WeightDtype;
  readonly rows: number;
  readonly columns: number;
  /** Little-endian, `rows · columns` elements. */
  readonly data: Uint8Array;
}

/** A tensor of a checkpoint, its data little-endian as safetensors stores it. */
export interface TensorData {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** The tensors that stand in for one quantized weight, by the suffix of their names: `weight_packed`, `weight_scale`… */
export type NamedTensors = ReadonlyMap<string, TensorData>;
