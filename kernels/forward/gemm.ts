// C = A · Bᵀ in f32, B being a layer's weights `[outputs, inputs]` packed once for all tokens. Loops in the order of Goto and
// van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008): a strip of B stays in the first cache, a block of A
// in the second, and a tile of C in registers.

/** Rows of a tile: with two vectors of columns, eight sums and two weights fit the sixteen registers of x86. */
const TILE_ROWS: i32 = 4;
/** Columns of a tile, and outputs in a panel of packed weights. */
export const PANEL: i32 = 8;
/** Inputs of a strip: 8 KiB of weights. */
const STRIP: i32 = 256;
/** Rows of a block: 64 KiB of activations. */
const BLOCK_ROWS: i32 = 64;

/** Bytes of the scratch that `gemm` takes: a block of A, and a tile for the ragged edges. */
export function gemmScratchBytes(): i32 {
  return (BLOCK_ROWS * STRIP + TILE_ROWS * PANEL) * 4;
}

/** Bytes of `outputs` × `inputs` weights when packed. */
export function packedBytes(outputs: i32, inputs: i32): i32 {
  return ((outputs + PANEL - 1) / PANEL) * PANEL * inputs * 4;
}

/**
 * f32 weights to panels `[panel][input][8 outputs]`, the last one filled up with zeros.
 * Output `n`, input `k` is read at `source + 4·(n·outputStride + k·inputStride)`, so that a transposed matrix packs as well.
 */
export function packPanels(
  source: usize,
  outputStride: i32,
  inputStride: i32,
  outputs: i32,
  inputs: i32,
  target: usize,
): void {
  for (let first = 0; first < outputs; first += PANEL) {
    const present = min(PANEL, outputs - first);
    for (let k = 0; k < inputs; k++) {
      let from = source + ((<usize>first * outputStride + <usize>k * inputStride) << 2);
      let n = 0;
      for (; n < present; n++) {
        store<f32>(target + (<usize>n << 2), load<f32>(from));
        from += <usize>outputStride << 2;
      }
      for (; n < PANEL; n++) store<f32>(target + (<usize>n << 2), 0);
      target += PANEL * 4;
    }
  }
}

/**
 * `target[m][n] = Σ_k a[m][k] · b[n][k]` for `rows` × `outputs`.
 *
 * @param aStride elements from a row of A to the next; so `targetStride`
 * @param packed B as `packPanels` leaves it
 */
export function gemm(
  a: usize,
  aStride: i32,
  packed: usize,
  target: usize,
  targetStride: i32,
  rows: i32,
  outputs: i32,
  inputs: i32,
  scratch: usize,
): void {
  gemmFirstInputs(a, aStride, packed, inputs, target, targetStride, rows, outputs, inputs, scratch);
}

/**
 * The same of the first `inputs` alone.
 *
 * @param packedInputs inputs that B was packed with
 */
export function gemmFirstInputs(
  a: usize,
  aStride: i32,
  packed: usize,
  packedInputs: i32,
  target: usize,
  targetStride: i32,
  rows: i32,
  outputs: i32,
  inputs: i32,
  scratch: usize,
): void {
  const tile = scratch + <usize>(BLOCK_ROWS * STRIP * 4);
  for (let k0 = 0; k0 < inputs; k0 += STRIP) {
    const strip = min(STRIP, inputs - k0);
    for (let m0 = 0; m0 < rows; m0 += BLOCK_ROWS) {
      const blockRows = min(BLOCK_ROWS, rows - m0);
      packRows(a + ((<usize>m0 * aStride + k0) << 2), aStride, blockRows, strip, scratch);
      for (let n0 = 0; n0 < outputs; n0 += PANEL) {
        const b = packed + ((<usize>n0 * packedInputs + <usize>k0 * PANEL) << 2);
        for (let m = 0; m < blockRows; m += TILE_ROWS) {
          const aTile = scratch + (<usize>(m * strip) << 2);
          const c = target + ((<usize>(m0 + m) * targetStride + n0) << 2);
          if (blockRows - m >= TILE_ROWS && outputs - n0 >= PANEL) {
            multiplyTile(aTile, b, c, targetStride, strip, k0 == 0);
          } else {
            multiplyTile(aTile, b, tile, PANEL, strip, true);
            addCorner(tile, c, targetStride, min(TILE_ROWS, blockRows - m), min(PANEL, outputs - n0), k0 == 0);
          }
        }
      }
    }
  }
}

/** Rows of A to `[tile][input][4 rows]`, the last tile filled up with zeros. */
function packRows(source: usize, stride: i32, rows: i32, inputs: i32, target: usize): void {
  const step = <usize>stride << 2;
  for (let m = 0; m < rows; m += TILE_ROWS) {
    const row = source + <usize>m * step;
    const present = rows - m;
    for (let k = 0; k < inputs; k++) {
      const at = row + (<usize>k << 2);
      store<f32>(target, load<f32>(at));
      store<f32>(target, present > 1 ? load<f32>(at + step) : 0, 4);
      store<f32>(target, present > 2 ? load<f32>(at + 2 * step) : 0, 8);
      store<f32>(target, present > 3 ? load<f32>(at + 3 * step) : 0, 12);
      target += 16;
    }
  }
}

/** A fused multiply-add where the engine has one; this changes rounding, which the forward pass may and the quantizers may not. */
// @ts-ignore: decorator
@inline
function multiplyAdd(x: v128, y: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, y, sum);
  return f32x4.add(sum, f32x4.mul(x, y));
}

/** 4 × 8 sums over `inputs`, stored (`first`) or added. Written out, because an array would not stay in registers. */
function multiplyTile(a: usize, b: usize, c: usize, stride: i32, inputs: i32, first: bool): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  for (let k = 0; k < inputs; k++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = v128.load32_splat(a);
    c00 = multiplyAdd(a0, b0, c00);
    c01 = multiplyAdd(a0, b1, c01);
    const a1 = v128.load32_splat(a, 4);
    c10 = multiplyAdd(a1, b0, c10);
    c11 = multiplyAdd(a1, b1, c11);
    const a2 = v128.load32_splat(a, 8);
    c20 = multiplyAdd(a2, b0, c20);
    c21 = multiplyAdd(a2, b1, c21);
    const a3 = v128.load32_splat(a, 12);
    c30 = multiplyAdd(a3, b0, c30);
    c31 = multiplyAdd(a3, b1, c31);
    a += 16;
    b += 32;
  }
  const step = <usize>stride << 2;
  storeRow(c, c00, c01, first);
  storeRow(c + step, c10, c11, first);
  storeRow(c + 2 * step, c20, c21, first);
  storeRow(c + 3 * step, c30, c31, first);
}

// @ts-ignore: decorator
@inline
function storeRow(c: usize, left: v128, right: v128, first: bool): void {
  if (!first) {
    left = f32x4.add(left, v128.load(c));
    right = f32x4.add(right, v128.load(c, 16));
  }
  v128.store(c, left);
  v128.store(c, right, 16);
}

/** The part of a tile that lies inside C. */
function addCorner(tile: usize, c: usize, stride: i32, rows: i32, columns: i32, first: bool): void {
  for (let m = 0; m < rows; m++) {
    for (let n = 0; n < columns; n++) {
      const at = c + ((<usize>m * stride + n) << 2);
      const sum = load<f32>(tile + (<usize>(m * PANEL + n) << 2));
      store<f32>(at, first ? sum : load<f32>(at) + sum);
    }
  }
}
