// GPTQ: weights are rounded column by column, and each column's error is spread over those that follow, as the inverse
// Hessian of the layer's squared error says. Frantar et al., "GPTQ" (2022), algorithm 1.
import { Dtype } from './dtype';
import { gemm, gemmScratchBytes, packPanels, packedBytes } from './forward/gemm';
import { Grid, computeGrid, gridScale, gridZero, highestCode, lowestCode } from './grids';

/** Columns that are factored, or rounded, before what follows is updated by a matrix product. */
const BLOCK: i32 = 128;
/** Columns that an update covers at once. */
const STRIP: i32 = 512;

/** What the host writes before it calls `gptqRows`. Field order is the contract with lib/simulate/kernels/gptq-job.ts. */
@unmanaged
class GptqJob {
  /** f32 `[rows, columns]`, in the order of rounding; overwritten. */
  weights: usize;
  rows: i32;
  columns: i32;
  /** f32 `[columns, columns]`, upper triangular, as `invertHessian` leaves it. */
  factor: usize;
  grid: i32;
  bits: i32;
  /** 0: scales come from the weights as they are when their group begins. Else i32 `[columns]`, the group of each column. */
  groupOf: usize;
  groupSize: i32;
  groups: i32;
  /** f32 `[rows, groups]`: written, or read with `groupOf`. */
  scales: usize;
  /** f32 `[rows, groups]`, as `scales`. */
  zeroPoints: usize;
  /** `[rows, columns]` bytes. */
  codes: usize;
  /** Bytes of `gptqScratchBytes`. */
  scratch: usize;
}

/** Bytes of the scratch of `gptqRows` and, with `rows` = `columns`, of `invertHessian`. */
export function gptqScratchBytes(rows: i32): i32 {
  return gemmScratchBytes() + packedBytes(STRIP, BLOCK) + rows * (STRIP + BLOCK) * 4;
}

/**
 * Rounds the rows of a job.
 *
 * @returns Σ (error / diagonal of the factor)² / 2: the increase of the squared error that GPTQ reports
 */
export function gptqRows(pointer: usize): f64 {
  const job = changetype<GptqJob>(pointer);
  const rows = job.rows;
  const columns = job.columns;
  const rest = job.scratch;
  const packed = rest + <usize>gemmScratchBytes();
  const errors = packed + <usize>packedBytes(STRIP, BLOCK);
  const product = errors + ((<usize>rows * BLOCK) << 2);
  let loss: f64 = 0;
  for (let first = 0; first < columns; first += BLOCK) {
    const count = min<i32>(BLOCK, columns - first);
    for (let row = 0; row < rows; row++) loss += roundBlock(job, row, first, count, errors + ((<usize>row * BLOCK) << 2));
    for (let strip = first + count; strip < columns; strip += STRIP) {
      const width = min<i32>(STRIP, columns - strip);
      packPanels(job.factor + ((<usize>first * columns + strip) << 2), 1, columns, width, count, packed);
      gemm(errors, BLOCK, packed, product, width, rows, width, count, rest);
      for (let row = 0; row < rows; row++) {
        subtract(job.weights + ((<usize>row * columns + strip) << 2), product + ((<usize>row * width) << 2), width);
      }
    }
  }
  return loss / 2;
}

/** Rounds `count` columns of a row; the errors over the diagonal go to `errors`. */
function roundBlock(job: GptqJob, row: i32, first: i32, count: i32, errors: usize): f64 {
  const columns = job.columns;
  const weights = job.weights + ((<usize>row * columns + first) << 2);
  const grids = <usize>row * job.groups;
  const lo = lowestCode(job.grid, job.bits);
  const hi = highestCode(job.grid, job.bits);
  const roundsFirst = job.grid == Grid.GPTQ_SYMMETRIC || job.grid == Grid.GPTQ_ASYMMETRIC;
  // In-block errors change a copy: the scales of a group that begins inside a block do not see them, as in the libraries. The
  // copy stands where the errors go, each of which takes the place of the weight that it came from.
  memory.copy(errors, weights, <usize>count << 2);
  let loss: f64 = 0;
  for (let i = 0; i < count; i++) {
    const column = first + i;
    let group: usize;
    if (job.groupOf != 0) {
      group = load<i32>(job.groupOf + (<usize>column << 2));
    } else {
      group = column / job.groupSize;
      if (column % job.groupSize == 0) gridOfGroup(job, row, column, (grids + group) << 2);
    }
    const at = (grids + group) << 2;
    const scale = load<f32>(job.scales + at);
    const zero = load<f32>(job.zeroPoints + at);
    const line = errors + (<usize>i << 2);
    const w = load<f32>(line);
    const code = roundsFirst
      ? min<f32>(max<f32>(nearest<f32>(w / scale) + zero, lo), hi)
      : nearest<f32>(min<f32>(max<f32>(w / scale + zero, lo), hi));
    store<u8>(job.codes + <usize>row * columns + column, <u8>(<i32>code));
    const pivot = job.factor + ((<usize>column * columns + column) << 2);
    const error: f32 = <f32>(w - <f32>(scale * <f32>(code - zero))) / load<f32>(pivot);
    loss += <f64>error * <f64>error;
    store<f32>(line, error);
    spread(line + 4, pivot + 4, error, count - i - 1);
  }
  return loss;
}

/** Scale and zero point of the group that begins at `column`, from the weights as they are now. */
function gridOfGroup(job: GptqJob, row: i32, column: i32, at: usize): void {
  const end = min<i32>(column + job.groupSize, job.columns);
  const weights = job.weights + ((<usize>row * job.columns) << 2);
  let lowest: f32 = Infinity;
  let highest: f32 = -Infinity;
  for (let i = column; i < end; i++) {
    const w = load<f32>(weights + (<usize>i << 2));
    lowest = min<f32>(lowest, w);
    highest = max<f32>(highest, w);
  }
  computeGrid(job.grid, job.bits, Dtype.F32, lowest, highest);
  store<f32>(job.scales + at, gridScale);
  store<f32>(job.zeroPoints + at, gridZero);
}

/** line -= error · factors. */
function spread(line: usize, factors: usize, error: f32, count: i32): void {
  const error4 = f32x4.splat(error);
  let i = 0;
  for (; i <= count - 4; i += 4) {
    const offset = <usize>i << 2;
    v128.store(line + offset, f32x4.sub(v128.load(line + offset), f32x4.mul(error4, v128.load(factors + offset))));
  }
  for (; i < count; i++) {
    const offset = <usize>i << 2;
    store<f32>(line + offset, load<f32>(line + offset) - error * load<f32>(factors + offset));
  }
}

function subtract(target: usize, source: usize, count: i32): void {
  let i = 0;
  for (; i <= count - 4; i += 4) {
    const offset = <usize>i << 2;
    v128.store(target + offset, f32x4.sub(v128.load(target + offset), v128.load(source + offset)));
  }
  for (; i < count; i++) {
    const offset = <usize>i << 2;
    store<f32>(target + offset, load<f32>(target + offset) - load<f32>(source + offset));
  }
}

/**
 * Turns a symmetric positive definite f32 matrix into the upper triangular U with UᵀU its inverse, in place.
 *
 * The libraries invert it and factor the inverse. Factoring H = R·Rᵀ with R upper triangular and inverting R gives the same
 * U for half the work, with less error.
 *
 * @param scratch `gptqScratchBytes(n)` bytes
 * @returns false when the matrix is not positive definite
 */
export function invertHessian(matrix: usize, n: i32, scratch: usize): bool {
  if (!factorFromTheEnd(matrix, n, scratch)) return false;
  invertUpper(matrix, n, scratch);
  return true;
}

/** H = R·Rᵀ, by blocks of columns from the last to the first. */
function factorFromTheEnd(matrix: usize, n: i32, scratch: usize): bool {
  const rest = scratch;
  const packed = rest + <usize>gemmScratchBytes();
  const product = packed + <usize>packedBytes(STRIP, BLOCK);
  for (let end = n; end > 0; end -= BLOCK) {
    const first = max<i32>(end - BLOCK, 0);
    const count = end - first;
    // What the columns already done take from this block, in strips of the inner dimension.
    for (let inner = end; inner < n; inner += STRIP) {
      const width = min<i32>(STRIP, n - inner);
      packPanels(matrix + ((<usize>first * n + inner) << 2), n, 1, count, width, packed);
      gemm(matrix + (<usize>inner << 2), n, packed, product, count, end, count, width, rest);
      for (let row = 0; row < end; row++) {
        subtract(matrix + ((<usize>row * n + first) << 2), product + ((<usize>row * count) << 2), count);
      }
    }
    for (let j = end - 1; j >= first; j--) {
      const line = matrix + ((<usize>j * n) << 2);
      const pivot = load<f32>(line + (<usize>j << 2)) - <f32>dotTail(line, line, j + 1, end);
      if (!(pivot > 0)) return false;
      const root = sqrt<f32>(pivot);
      store<f32>(line + (<usize>j << 2), root);
      for (let i = 0; i < j; i++) {
        const other = matrix + ((<usize>i * n) << 2);
        const at = other + (<usize>j << 2);
        store<f32>(at, (load<f32>(at) - <f32>dotTail(other, line, j + 1, end)) / root);
      }
    }
  }
  for (let row = 1; row < n; row++) memory.fill(matrix + ((<usize>row * n) << 2), 0, <usize>row << 2);
  return true;
}

/** Σ over columns [from, to). */
function dotTail(x: usize, y: usize, from: i32, to: i32): f64 {
  let sum = f32x4.splat(0);
  let i = from;
  for (; i <= to - 4; i += 4) {
    const offset = <usize>i << 2;
    sum = f32x4.add(sum, f32x4.mul(v128.load(x + offset), v128.load(y + offset)));
  }
  let total =
    <f64>f32x4.extract_lane(sum, 0) + <f64>f32x4.extract_lane(sum, 1) + <f64>f32x4.extract_lane(sum, 2) + <f64>f32x4.extract_lane(sum, 3);
  for (; i < to; i++) total += <f64>load<f32>(x + (<usize>i << 2)) * <f64>load<f32>(y + (<usize>i << 2));
  return total;
}

/** The inverse of an upper triangular matrix, in place, by blocks of columns from the first to the last. */
function invertUpper(matrix: usize, n: i32, scratch: usize): void {
  const rest = scratch;
  const packed = rest + <usize>gemmScratchBytes();
  const product = packed + <usize>packedBytes(STRIP, BLOCK);
  for (let first = 0; first < n; first += BLOCK) {
    const count = min<i32>(BLOCK, n - first);
    invertAbove(matrix, n, first, count, packed, product, rest);
    // The block on the diagonal, then all rows above times it.
    for (let row = first; row < first + count; row++) solveRow(matrix, n, row, first, count, true);
  }
}

/** Rows above a diagonal block: X = -U·R, then X·(block)⁻¹ row by row, while the block still holds R. */
function invertAbove(matrix: usize, n: i32, first: i32, count: i32, packed: usize, product: usize, rest: usize): void {
  if (first == 0) return;
  for (let row = 0; row < first; row++) memory.fill(product + ((<usize>row * count) << 2), 0, <usize>count << 2);
  const part = product + ((<usize>first * count) << 2);
  for (let inner = 0; inner < first; inner += BLOCK) {
    const width = min<i32>(BLOCK, first - inner);
    packPanels(matrix + ((<usize>inner * n + first) << 2), 1, n, count, width, packed);
    // U is upper triangular: rows below this strip of it have nothing there.
    const rows = inner + width;
    gemm(matrix + (<usize>inner << 2), n, packed, part, count, rows, count, width, rest);
    for (let row = 0; row < rows; row++) {
      subtract(product + ((<usize>row * count) << 2), part + ((<usize>row * count) << 2), count);
    }
  }
  for (let row = 0; row < first; row++) {
    memory.copy(matrix + ((<usize>row * n + first) << 2), product + ((<usize>row * count) << 2), <usize>count << 2);
    solveRow(matrix, n, row, first, count, false);
  }
}

/** Solves x·R = b over the columns of a diagonal block, b being the row's part there, or a row of the identity. */
function solveRow(matrix: usize, n: i32, row: i32, first: i32, count: i32, diagonal: bool): void {
  const line = matrix + ((<usize>row * n + first) << 2);
  const from = diagonal ? row - first : 0;
  if (diagonal) {
    const inverse: f32 = <f32>1 / load<f32>(line + (<usize>from << 2));
    store<f32>(line + (<usize>from << 2), inverse);
    for (let j = from + 1; j < count; j++) {
      const at = line + (<usize>j << 2);
      store<f32>(at, -<f32>(inverse * load<f32>(at)));
    }
  }
  for (let k = diagonal ? from + 1 : 0; k < count; k++) {
    const pivotLine = matrix + ((<usize>(first + k) * n + first) << 2);
    const at = line + (<usize>k << 2);
    const x: f32 = load<f32>(at) / load<f32>(pivotLine + (<usize>k << 2));
    store<f32>(at, x);
    if (k + 1 < count) spread(at + 4, pivotLine + (<usize>(k + 1) << 2), x, count - k - 1);
  }
}
