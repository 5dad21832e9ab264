// Figures of activations and of logits. Sums run in f64: a text has many tokens, and a distribution many of them that are tiny.
import { gemm, packPanels, packedBytes } from './gemm';
import { exp4, horizontalMax } from './math';

/**
 * Adds a block of activations to the statistics of its channels.
 *
 * @param absmax `[width]` f32, largest |x| so far
 * @param lowest `[width]` f32, smallest x so far
 * @param highest `[width]` f32, largest x so far
 * @param absSum `[width]` f64, Σ|x|
 */
export function accumulateChannels(
  x: usize,
  rows: i32,
  width: i32,
  absmax: usize,
  lowest: usize,
  highest: usize,
  absSum: usize,
): void {
  for (let m = 0; m < rows; m++) {
    const row = x + ((<usize>(m * width)) << 2);
    for (let i: usize = 0; i < (<usize>width) << 2; i += 16) {
      const value = v128.load(row + i);
      const magnitude = f32x4.abs(value);
      v128.store(absmax + i, f32x4.max(v128.load(absmax + i), magnitude));
      v128.store(lowest + i, f32x4.min(v128.load(lowest + i), value));
      v128.store(highest + i, f32x4.max(v128.load(highest + i), value));
      const sums = absSum + 2 * i;
      v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(magnitude)));
      const upper = i8x16.shuffle(magnitude, magnitude, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
      v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.promote_low_f32x4(upper)), 16);
    }
  }
}

/** Bytes of the scratch that `accumulateGram` takes, gemm's own beside it. */
export function gramScratchBytes(rows: i32, width: i32): i32 {
  return packedBytes(width, rows) + rows * width * 4 + GRAM_ROWS * width * 4;
}

/** Rows of the product that are in flight at once. */
const GRAM_ROWS: i32 = 64;

/**
 * Adds Xᵀ·X of a block of activations to `gram`, `[width][width]` f64: the Hessian of a linear layer's squared error, up to a
 * factor. f32 products over one block, f64 from block to block.
 */
export function accumulateGram(x: usize, rows: i32, width: i32, gram: usize, scratch: usize): void {
  const packed = scratch;
  const transposed = packed + packedBytes(width, rows);
  const product = transposed + <usize>(rows * width * 4);
  const rest = product + <usize>(GRAM_ROWS * width * 4);
  packPanels(x, 1, width, width, rows, packed);
  for (let m = 0; m < rows; m++)
    for (let i = 0; i < width; i++)
      store<f32>(transposed + (<usize>(i * rows + m) << 2), load<f32>(x + (<usize>(m * width + i) << 2)));
  for (let first = 0; first < width; first += GRAM_ROWS) {
    const count = min(GRAM_ROWS, width - first);
    gemm(transposed + (<usize>(first * rows) << 2), rows, packed, product, width, count, width, rows, rest);
    const target = gram + ((<usize>first * width) << 3);
    for (let i = 0; i < count * width; i++) {
      const at = target + (<usize>i << 3);
      store<f64>(at, load<f64>(at) + <f64>load<f32>(product + (<usize>i << 2)));
    }
  }
}

/** log Σ e^x of a row of logits, x being those below `count`. */
export function logSumExp(row: usize, count: i32): f64 {
  const whole = (<usize>(count & ~3)) << 2;
  let highest = f32x4.splat(-Infinity);
  for (let i: usize = 0; i < whole; i += 16) highest = f32x4.max(highest, v128.load(row + i));
  let top = horizontalMax(highest);
  for (let i = count & ~3; i < count; i++) top = max(top, load<f32>(row + ((<usize>i) << 2)));
  const tops = f32x4.splat(top);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let i: usize = 0; i < whole; i += 16) {
    const e = exp4(f32x4.sub(v128.load(row + i), tops));
    low = f64x2.add(low, f64x2.promote_low_f32x4(e));
    high = f64x2.add(
      high,
      f64x2.promote_low_f32x4(i8x16.shuffle(e, e, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15)),
    );
  }
  const both = f64x2.add(low, high);
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (let i = count & ~3; i < count; i++) sum += Math.exp(<f64>(load<f32>(row + ((<usize>i) << 2)) - top));
  return <f64>top + Math.log(sum);
}

/** Index of the largest value of a row; the first of several. */
export function argmax(row: usize, count: i32): i32 {
  let best = 0;
  let value = load<f32>(row);
  for (let i = 1; i < count; i++) {
    const x = load<f32>(row + ((<usize>i) << 2));
    if (x > value) {
      value = x;
      best = i;
    }
  }
  return best;
}

/**
 * Kullback–Leibler divergence in nats, Σ p·(log p − log q), of the distributions that two rows of logits give.
 *
 * @param pLogSum `logSumExp` of p; so `qLogSum`
 */
export function divergence(p: usize, pLogSum: f64, q: usize, qLogSum: f64, count: i32): f64 {
  const shift = f32x4.splat(<f32>pLogSum);
  const offset = f64x2.splat(qLogSum - pLogSum);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  const whole = (<usize>(count & ~3)) << 2;
  for (let i: usize = 0; i < whole; i += 16) {
    const x = v128.load(p + i);
    const difference = f32x4.sub(x, v128.load(q + i));
    const probability = exp4(f32x4.sub(x, shift));
    low = f64x2.add(
      low,
      f64x2.mul(f64x2.promote_low_f32x4(probability), f64x2.add(f64x2.promote_low_f32x4(difference), offset)),
    );
    const upper = i8x16.shuffle(difference, probability, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    const upperProbability = i8x16.shuffle(upper, upper, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
    high = f64x2.add(
      high,
      f64x2.mul(f64x2.promote_low_f32x4(upperProbability), f64x2.add(f64x2.promote_low_f32x4(upper), offset)),
    );
  }
  const both = f64x2.add(low, high);
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (let i = count & ~3; i < count; i++) {
    const x = load<f32>(p + ((<usize>i) << 2));
    const difference = <f64>x - <f64>load<f32>(q + ((<usize>i) << 2)) + (qLogSum - pLogSum);
    sum += Math.exp(<f64>x - pLogSum) * difference;
  }
  return sum;
}
