// Normalizations over the last dimension. `width` is a multiple of 4 everywhere: the host refuses models of which it is not.
import { horizontalSum } from './math';

/**
 * y = x / √(mean(x²) + ε) · (weight + offset), row by row.
 *
 * @param stride elements from a row to the next, of source and target alike
 * @param offset 1 for Gemma, which stores its weights less one; else 0
 */
export function rmsNorm(
  source: usize,
  weight: usize,
  target: usize,
  rows: i32,
  width: i32,
  stride: i32,
  epsilon: f32,
  offset: f32,
): void {
  const shift = f32x4.splat(offset);
  for (let m = 0; m < rows; m++) {
    const from = source + ((<usize>(m * stride)) << 2);
    const to = target + ((<usize>(m * stride)) << 2);
    let squares = f32x4.splat(0);
    for (let i: usize = 0; i < (<usize>width) << 2; i += 16) {
      const x = v128.load(from + i);
      squares = f32x4.add(squares, f32x4.mul(x, x));
    }
    const factor = f32x4.splat(<f32>1 / sqrt<f32>(horizontalSum(squares) / <f32>width + epsilon));
    for (let i: usize = 0; i < (<usize>width) << 2; i += 16) {
      const scale = f32x4.add(v128.load(weight + i), shift);
      v128.store(to + i, f32x4.mul(f32x4.mul(v128.load(from + i), factor), scale));
    }
  }
}

/** y = (x − mean) / √(variance + ε) · weight + bias, row by row. */
export function layerNorm(
  source: usize,
  weight: usize,
  bias: usize,
  target: usize,
  rows: i32,
  width: i32,
  epsilon: f32,
): void {
  for (let m = 0; m < rows; m++) {
    const from = source + ((<usize>(m * width)) << 2);
    const to = target + ((<usize>(m * width)) << 2);
    let sums = f32x4.splat(0);
    for (let i: usize = 0; i < (<usize>width) << 2; i += 16) sums = f32x4.add(sums, v128.load(from + i));
    const mean = f32x4.splat(horizontalSum(sums) / <f32>width);
    let squares = f32x4.splat(0);
    for (let i: usize = 0; i < (<usize>width) << 2; i += 16) {
      const centred = f32x4.sub(v128.load(from + i), mean);
      squares = f32x4.add(squares, f32x4.mul(centred, centred));
    }
    const factor = f32x4.splat(<f32>1 / sqrt<f32>(horizontalSum(squares) / <f32>width + epsilon));
    for (let i: usize = 0; i < (<usize>width) << 2; i += 16) {
      const normal = f32x4.mul(f32x4.sub(v128.load(from + i), mean), factor);
      v128.store(to + i, f32x4.add(f32x4.mul(normal, v128.load(weight + i)), v128.load(bias + i)));
    }
  }
}
