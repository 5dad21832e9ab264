import { encodeFloat8 } from '../float8/cast';
import type { KernelEngine } from '../kernels/engine';
import { roundTo } from '../rows/arithmetic';
import type { RowGrid } from '../rows/grid';
import type { QuantizedMatrix } from '../rows/quantized-matrix';
import type { MatrixRange } from '../rows/runner';
import type { NamedTensors, TensorData, WeightDtype } from '../tensor';

/** Values that share a power of two in MXFP4 (OCP Microscaling Formats 1.0). */
const MXFP4_GROUP = 32;
/** Values that share an E4M3 scale in NVFP4. */
const NVFP4_GROUP = 16;
/** Largest E4M3 times largest E2M1. */
const NVFP4_RANGE = 448 * 6;
const E8M0_BIAS = 127;

/** MXFP4 as compressed-tensors 0.20 quantizes it. */
export const MXFP4_GRID: RowGrid = { grid: 'mxfp4', bits: 4, sharing: { strategy: 'group', groupSize: MXFP4_GROUP } };

/** NVFP4 as compressed-tensors 0.20 quantizes it. */
export const NVFP4_GRID: RowGrid = { grid: 'nvfp4', bits: 4, sharing: { strategy: 'group', groupSize: NVFP4_GROUP } };

/**
 * The scale of a whole tensor in NVFP4, `weight_global_scale`: compressed-tensors, `generate_gparam`, in the type of the
 * weights.
 */
export function nvfp4GlobalScale({ lowest, highest }: MatrixRange, dtype: WeightDtype): number {
  const largest = Math.max(-lowest, highest, 0);
  const scale = roundTo(dtype, NVFP4_RANGE / largest);
  return Number.isFinite(scale) && scale > 0 ? scale : 1;
}

/**
 * `weight_packed` (U8 `[out, in / 2]`, the even column in the low half) and `weight_scale`: for MXFP4 U8 exponents of bias
 * 127, for NVFP4 E4M3, with `weight_global_scale` (F32 `[1]`) beside them.
 */
export function fp4Tensors(engine: KernelEngine, quantized: QuantizedMatrix): NamedTensors {
  const { rows, columns, codes, scales, scaleShape, globalScale } = quantized;
  const packed = new Uint8Array((rows * columns) / 2);
  for (let i = 0; i < packed.length; i++) packed[i] = codes[2 * i] | (codes[2 * i + 1] << 4);
  const tensors = new Map<string, TensorData>([
    ['weight_packed', { dtype: 'U8', shape: [rows, columns / 2], data: packed }],
  ]);
  if (globalScale === undefined) {
    const exponents = Uint8Array.from(scales, (scale) => Math.round(Math.log2(scale)) + E8M0_BIAS);
    tensors.set('weight_scale', { dtype: 'U8', shape: scaleShape, data: exponents });
  } else {
    const local = scales.map((scale) => scale * globalScale);
    tensors.set('weight_scale', { dtype: 'F8_E4M3', shape: scaleShape, data: encodeFloat8(engine, local, 'e4m3fn') });
    const data = new Uint8Array(Float32Array.of(globalScale).buffer);
    tensors.set('weight_global_scale', { dtype: 'F32', shape: [1], data });
  }
  return tensors;
}
