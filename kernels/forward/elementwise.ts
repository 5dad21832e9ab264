// What happens between the matrix products. Counts are multiples of 4.
import { erf4, sigmoid4, tanh4 } from './math';

/** target += source. */
export function add(source: usize, target: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count << 2; i += 16)
    v128.store(target + i, f32x4.add(v128.load(target + i), v128.load(source + i)));
}

/** Adds one row to each of `rows`. */
export function addRow(row: usize, target: usize, rows: i32, width: i32): void {
  for (let m = 0; m < rows; m++) add(row, target + (<usize>(m * width) << 2), width);
}

export function scale(target: usize, factor: f32, count: i32): void {
  const factors = f32x4.splat(factor);
  for (let i: usize = 0; i < <usize>count << 2; i += 16)
    v128.store(target + i, f32x4.mul(v128.load(target + i), factors));
}

/** x = cap · tanh(x / cap): Gemma 2 bounds its logits so. */
export function softcap(x: usize, cap: f32, count: i32): void {
  const caps = f32x4.splat(cap);
  for (let i: usize = 0; i < <usize>count << 2; i += 16)
    v128.store(x + i, f32x4.mul(tanh4(f32x4.div(v128.load(x + i), caps)), caps));
}

/** Numbers the host uses for the activation functions. */
export namespace Activation {
  export const SILU: i32 = 0;
  /** 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))). */
  export const GELU_TANH: i32 = 1;
  /** 0.5·x·(1 + erf(x/√2)). */
  export const GELU: i32 = 2;
  export const RELU: i32 = 3;
}

/** x = activation(x). */
export function activate(x: usize, count: i32, kind: i32): void {
  for (let i: usize = 0; i < <usize>count << 2; i += 16) v128.store(x + i, activation4(v128.load(x + i), kind));
}

/** gate = activation(gate) · up. */
export function activateGated(gate: usize, up: usize, count: i32, kind: i32): void {
  for (let i: usize = 0; i < <usize>count << 2; i += 16)
    v128.store(gate + i, f32x4.mul(activation4(v128.load(gate + i), kind), v128.load(up + i)));
}

// @ts-ignore: decorator
@inline
function activation4(x: v128, kind: i32): v128 {
  if (kind == Activation.SILU) return f32x4.mul(x, sigmoid4(x));
  if (kind == Activation.RELU) return f32x4.max(x, f32x4.splat(0));
  if (kind == Activation.GELU) {
    const half = f32x4.mul(x, f32x4.splat(0.5));
    return f32x4.add(half, f32x4.mul(half, erf4(f32x4.mul(x, f32x4.splat(0.70710678)))));
  }
  // (1 + tanh(u)) / 2 is sigmoid(2u).
  const cube = f32x4.mul(f32x4.mul(f32x4.mul(x, x), x), f32x4.splat(0.044715));
  return f32x4.mul(x, sigmoid4(f32x4.mul(f32x4.add(x, cube), f32x4.splat(1.5957691216))));
}

/**
 * Rotary position embedding, in place, on `heads` heads side by side in each row; row `m` is at position `m`.
 *
 * @param tables cosines then sines for each position: `[positions][rotary/2]` each, f32
 * @param rotary how many of a head's first elements turn; a multiple of 8
 * @param stride elements from a row to the next
 * @param interleaved pairs are neighbours (GPT-J, GLM), else element i turns with i + rotary/2 (NeoX, Llama)
 */
export function rotate(
  x: usize,
  cosines: usize,
  sines: usize,
  rows: i32,
  heads: i32,
  headDim: i32,
  rotary: i32,
  stride: i32,
  interleaved: bool,
): void {
  const half = rotary / 2;
  for (let m = 0; m < rows; m++) {
    const cosine = cosines + (<usize>(m * half) << 2);
    const sine = sines + (<usize>(m * half) << 2);
    for (let h = 0; h < heads; h++) {
      const head = x + ((<usize>m * stride + h * headDim) << 2);
      if (interleaved) rotatePairs(head, cosine, sine, half);
      else rotateHalves(head, cosine, sine, half);
    }
  }
}

function rotateHalves(head: usize, cosine: usize, sine: usize, half: i32): void {
  const second = head + (<usize>half << 2);
  for (let i: usize = 0; i < <usize>half << 2; i += 16) {
    const left = v128.load(head + i);
    const right = v128.load(second + i);
    const c = v128.load(cosine + i);
    const s = v128.load(sine + i);
    v128.store(head + i, f32x4.sub(f32x4.mul(left, c), f32x4.mul(right, s)));
    v128.store(second + i, f32x4.add(f32x4.mul(right, c), f32x4.mul(left, s)));
  }
}

function rotatePairs(head: usize, cosine: usize, sine: usize, half: i32): void {
  for (let i: usize = 0; i < <usize>half << 2; i += 4) {
    const at = head + 2 * i;
    const left = load<f32>(at);
    const right = load<f32>(at, 4);
    const c = load<f32>(cosine + i);
    const s = load<f32>(sine + i);
    store<f32>(at, left * c - right * s);
    store<f32>(at, right * c + left * s, 4);
  }
}
