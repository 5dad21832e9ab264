// Squared errors of a layer's output from the errors of its weights: for inputs x with second moments H = E[x·xᵀ], a row of
// weight errors d costs d·H·dᵀ.
import { gemm, gemmScratchBytes, packPanels, packedBytes } from './forward/gemm';

/** Rows whose product is held at once. */
const BLOCK_ROWS: i32 = 16;

/** Bytes of the scratch that `quadraticForm` takes. */
export function quadraticScratchBytes(columns: i32): i32 {
  return gemmScratchBytes() + BLOCK_ROWS * columns * 4;
}

/** Bytes of a packed matrix of second moments. */
export function packedMomentsBytes(columns: i32): i32 {
  return packedBytes(columns, columns);
}

/** Symmetric f32 second moments `[columns, columns]` in the order that `quadraticForm` reads. */
export function packMoments(moments: usize, columns: i32, target: usize): void {
  packPanels(moments, columns, 1, columns, columns, target);
}

/** Σ over the rows of d·H·dᵀ, d being f32 rows. */
export function quadraticForm(errors: usize, rows: i32, columns: i32, packed: usize, scratch: usize): f64 {
  const product = scratch + <usize>gemmScratchBytes();
  let total: f64 = 0;
  for (let first = 0; first < rows; first += BLOCK_ROWS) {
    const count = min<i32>(BLOCK_ROWS, rows - first);
    const d = errors + ((<usize>first * columns) << 2);
    gemm(d, columns, packed, product, columns, count, columns, columns, scratch);
    for (let row = 0; row < count; row++) total += dot(d + ((<usize>row * columns) << 2), product + ((<usize>row * columns) << 2), columns);
  }
  return total;
}

/** Σ x·y, in f32 lanes whose sums are kept short. */
function dot(x: usize, y: usize, count: i32): f64 {
  let total: f64 = 0;
  let i = 0;
  while (i <= count - 4) {
    let sum = f32x4.splat(0);
    const end = min<i32>(i + 256, count - 3);
    for (; i < end; i += 4) {
      const offset = <usize>i << 2;
      sum = f32x4.add(sum, f32x4.mul(v128.load(x + offset), v128.load(y + offset)));
    }
    total += <f64>f32x4.extract_lane(sum, 0) + <f64>f32x4.extract_lane(sum, 1) + <f64>f32x4.extract_lane(sum, 2) + <f64>f32x4.extract_lane(sum, 3);
  }
  for (; i < count; i++) total += <f64>load<f32>(x + (<usize>i << 2)) * <f64>load<f32>(y + (<usize>i << 2));
  return total;
}
