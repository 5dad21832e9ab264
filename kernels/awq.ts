// What AutoAWQ does beside rounding to nearest: its clip search, and a packing that derives the codes a second time.
import { BF16, Dtype, F16, F32, load1, roundTo, roundToF16, store1 } from './dtype';
import { Grid, computeGrid, gridScale, gridZero } from './grids';

/**
 * Codes of dequantized f16 weights as `WQLinear_GEMM.from_linear` derives them: rint((v + z·s) / s), every operation rounded
 * to f16. One byte a code, in place of those of the quantizer.
 */
export function rederiveAwqCodes(
  values: usize,
  scales: usize,
  zeroPoints: usize,
  codes: usize,
  rows: i32,
  columns: i32,
  groupSize: i32,
): void {
  const groups = columns / groupSize;
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group < groups; group++) {
      const at = <usize>(row * groups + group) << 2;
      const scale = load<f32>(scales + at);
      const shift = roundToF16(load<f32>(zeroPoints + at) * scale);
      const first = <usize>row * columns + group * groupSize;
      for (let i: usize = 0; i < <usize>groupSize; i++) {
        const value = load1<F16>(values + ((first + i) << 1));
        const code = nearest<f32>(roundToF16(roundToF16(value + shift) / scale));
        store<u8>(codes + first + i, code == code ? <u8>(<i32>code) : 0);
      }
    }
  }
}

/** Steps of the clip search: AutoAWQ's grid of 20, up to half of the largest weight. */
const CLIP_GRID: f32 = 20;
const CLIP_STEPS: i32 = 10;

/**
 * AutoAWQ's search for the best clipping of each group of each row (`_compute_best_clip`): the bound m that gives the least
 * squared error of the group's own output, with m from the largest |w| down to 0.55 of it. f32 `bounds`, `[rows, groups]`.
 *
 * @param values weights, in the type of the arithmetic; so are `bounds`, widened
 * @param moments f32 second moments of the inputs, `[columns, columns]`
 * @param scratch f32, 3 · groupSize values
 */
export function searchClipping(
  values: usize,
  dtype: i32,
  rows: i32,
  columns: i32,
  groupSize: i32,
  bits: i32,
  moments: usize,
  bounds: usize,
  scratch: usize,
): void {
  const groups = columns / groupSize;
  const w = scratch;
  const errors = scratch + (<usize>groupSize << 2);
  const product = errors + (<usize>groupSize << 2);
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group < groups; group++) {
      const first = group * groupSize;
      const from = values + ((<usize>row * columns + first) << (dtype == Dtype.F32 ? 2 : 1));
      let largest: f32 = 0;
      for (let i = 0; i < groupSize; i++) {
        const value = loadOf(from, dtype, i);
        store<f32>(w + (<usize>i << 2), value);
        largest = max<f32>(largest, abs<f32>(value));
      }
      let best = largest;
      let least: f64 = 1e9;
      for (let step = 0; step < CLIP_STEPS; step++) {
        const bound = roundTo(dtype, largest * <f32>(1 - <f64>step / CLIP_GRID));
        const error = clippingError(w, errors, product, dtype, groupSize, bits, bound, moments, first, columns);
        if (error < least) {
          least = error;
          best = bound;
        }
      }
      store<f32>(bounds + (<usize>(row * groups + group) << 2), best);
    }
  }
}

/** d·H·dᵀ over one group, d being the error of clamping to ±bound and quantizing. */
function clippingError(
  w: usize,
  errors: usize,
  product: usize,
  dtype: i32,
  count: i32,
  bits: i32,
  bound: f32,
  moments: usize,
  first: i32,
  columns: i32,
): f64 {
  let lowest: f32 = Infinity;
  let highest: f32 = -Infinity;
  for (let i = 0; i < count; i++) {
    const value = min<f32>(max<f32>(load<f32>(w + (<usize>i << 2)), -bound), bound);
    lowest = min<f32>(lowest, value);
    highest = max<f32>(highest, value);
  }
  computeGrid(Grid.AWQ_ZERO_POINT, bits, dtype, lowest, highest);
  const scale = gridScale;
  const zero = gridZero;
  const top = <f32>((1 << bits) - 1);
  for (let i = 0; i < count; i++) {
    const value = load<f32>(w + (<usize>i << 2));
    const clamped = min<f32>(max<f32>(value, -bound), bound);
    const code = min<f32>(max<f32>(nearest<f32>(roundTo(dtype, clamped / scale)) + zero, 0), top);
    store<f32>(errors + (<usize>i << 2), roundTo(dtype, (code - zero) * scale) - value);
    store<f32>(product + (<usize>i << 2), 0);
  }
  // The product row by row: H is symmetric, and its rows lie in a line.
  for (let k = 0; k < count; k++) {
    const error = load<f32>(errors + (<usize>k << 2));
    if (error == 0) continue;
    const factor = f32x4.splat(error);
    const line = moments + ((<usize>(first + k) * columns + first) << 2);
    let i = 0;
    for (; i <= count - 4; i += 4) {
      const at = product + (<usize>i << 2);
      v128.store(at, f32x4.add(v128.load(at), f32x4.mul(factor, v128.load(line + (<usize>i << 2)))));
    }
    for (; i < count; i++) {
      const at = product + (<usize>i << 2);
      store<f32>(at, load<f32>(at) + error * load<f32>(line + (<usize>i << 2)));
    }
  }
  let total: f64 = 0;
  for (let i = 0; i < count; i++) total += <f64>load<f32>(errors + (<usize>i << 2)) * <f64>load<f32>(product + (<usize>i << 2));
  return total;
}

// @ts-ignore: decorator
@inline
function loadOf(from: usize, dtype: i32, index: i32): f32 {
  if (dtype == Dtype.F32) return load<f32>(from + (<usize>index << 2));
  const at = from + (<usize>index << 1);
  return dtype == Dtype.F16 ? load1<F16>(at) : load1<BF16>(at);
}

/** Clamps each group of each row to ± its bound, in place. */
export function clampGroups(values: usize, dtype: i32, rows: i32, columns: i32, groupSize: i32, bounds: usize): void {
  const groups = columns / groupSize;
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < columns; i++) {
      const bound = load<f32>(bounds + (<usize>(row * groups + i / groupSize) << 2));
      const index = row * columns + i;
      const clamped = min<f32>(max<f32>(loadOf(values, dtype, index), -bound), bound);
      if (dtype == Dtype.F32) store1<F32>(values + (<usize>index << 2), clamped);
      else if (dtype == Dtype.F16) store1<F16>(values + (<usize>index << 1), clamped);
      else store1<BF16>(values + (<usize>index << 1), clamped);
    }
  }
}
