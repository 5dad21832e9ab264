// Activations through their quantized form and back, in place, as an engine's kernel sees them. f32 arithmetic; the formulas are
// those of compressed-tensors for symmetric types: a scale of the largest magnitude over 127.5 (INT8) or 448 (FP8).
import { roundToF16 } from '../dtype';
import { roundE4m3x4 } from '../fp8';
import { horizontalMax } from './math';

/** Numbers the host uses for the types. */
export namespace ActivationType {
  export const INT8: i32 = 0;
  export const FP8: i32 = 1;
}

/**
 * One scale for each group of `group` values of a row; `group` = `width` is one for each token.
 * `width` is a multiple of `group`, and `group` of 4.
 */
export function fakeQuantizeDynamic(x: usize, rows: i32, width: i32, group: i32, type: i32): void {
  const bytes = (<usize>group) << 2;
  const end = x + ((<usize>rows * width) << 2);
  for (let at = x; at < end; at += bytes) {
    let highest = f32x4.splat(0);
    for (let i: usize = 0; i < bytes; i += 16) highest = f32x4.max(highest, f32x4.abs(v128.load(at + i)));
    fakeQuantize(at, bytes, scaleOf(horizontalMax(highest), type), type);
  }
}

/** One scale, known from calibration, for all values. */
export function fakeQuantizeStatic(x: usize, count: i32, absmax: f32, type: i32): void {
  fakeQuantize(x, (<usize>count) << 2, scaleOf(absmax, type), type);
}

function scaleOf(absmax: f32, type: i32): f32 {
  const scale: f32 = type == ActivationType.INT8 ? absmax / <f32>127.5 : absmax / <f32>448;
  return scale == 0 ? <f32>1.1920929e-7 : scale;
}

function fakeQuantize(x: usize, bytes: usize, scale: f32, type: i32): void {
  const scales = f32x4.splat(scale);
  const lowest = f32x4.splat(type == ActivationType.INT8 ? -128 : -448);
  const highest = f32x4.splat(type == ActivationType.INT8 ? 127 : 448);
  for (let i: usize = 0; i < bytes; i += 16) {
    const clamped = f32x4.min(f32x4.max(f32x4.div(v128.load(x + i), scales), lowest), highest);
    const rounded = type == ActivationType.INT8 ? f32x4.nearest(clamped) : roundE4m3x4(clamped);
    v128.store(x + i, f32x4.mul(rounded, scales));
  }
}

/** Values of a block of ggml's Q8_0. */
const Q8_0_BLOCK: usize = 32;

/** 2⁻¹ less half a step of the last bit: added before cutting off, it rounds halves away from zero as C's roundf does. */
const ALMOST_HALF: f32 = 0.49999997;

/** Blocks of 32 as ggml's `quantize_row_q8_0_ref` stores them: a scale of the largest magnitude over 127, kept in f16. */
export function fakeQuantizeQ8_0(x: usize, count: i32): void {
  const end = x + ((<usize>count) << 2);
  for (let at = x; at < end; at += Q8_0_BLOCK << 2) {
    let highest = f32x4.splat(0);
    for (let i: usize = 0; i < Q8_0_BLOCK << 2; i += 16) highest = f32x4.max(highest, f32x4.abs(v128.load(at + i)));
    const scale: f32 = horizontalMax(highest) / <f32>127;
    const inverse = f32x4.splat(scale == 0 ? 0 : <f32>1 / scale);
    const stored = f32x4.splat(roundToF16(scale));
    for (let i: usize = 0; i < Q8_0_BLOCK << 2; i += 16) {
      const scaled = f32x4.mul(v128.load(at + i), inverse);
      const half = v128.bitselect(f32x4.splat(ALMOST_HALF), scaled, i32x4.splat(0x7fffffff));
      v128.store(at + i, f32x4.mul(f32x4.trunc(f32x4.add(scaled, half)), stored));
    }
  }
}
