// Quantizing the scales or minima of a super-block, none of which is negative: `make_qp_quants` of ggml-quants.c.
import { nearestInt } from '../gguf/arithmetic';
import { SMALLEST } from '../gguf/search-scale';

const ROUNDS: i32 = 5;

/**
 * @param x `count` f32
 * @param weights `count` f32
 * @param codes one byte each, from 0 to `top`
 * @returns the scale
 */
export function quantizePositive(x: usize, weights: usize, codes: usize, count: i32, top: i32): f32 {
  const end = <usize>count << 2;
  let largest: f32 = 0;
  for (let at: usize = 0; at < end; at += 4) {
    const v = load<f32>(x + at);
    largest = largest > v ? largest : v;
  }
  if (largest < SMALLEST) {
    memory.fill(codes, 0, count);
    return 0;
  }
  const plain: f32 = <f32>top / largest;
  // Through a byte, as in C; the trials beside it are not.
  let least = errorOf(x, weights, end, plain, 255, true);
  let factor = plain;
  for (let tenths = -4; tenths <= 4; tenths++) {
    if (tenths == 0) continue;
    const other: f32 = (<f32>0.1 * <f32>tenths + <f32>top) / largest;
    const error = errorOf(x, weights, end, other, top, false);
    if (error < least) {
      least = error;
      factor = other;
    }
  }
  let sumX: f32 = 0;
  let sumL: f32 = 0;
  for (let at: usize = 0; at < end; at += 4) {
    const v = load<f32>(x + at);
    const w = load<f32>(weights + at);
    const code = min<i32>(top, nearestInt(factor * v));
    store<u8>(codes + (at >> 2), <u8>code);
    sumX += w * v * <f32>code;
    sumL += w * <f32>code * <f32>code;
  }
  return settle(x, weights, codes, end, top, sumX, sumL);
}

function errorOf(x: usize, weights: usize, end: usize, factor: f32, top: i32, byte: bool): f32 {
  const scale: f32 = <f32>1 / factor;
  let error: f32 = 0;
  for (let at: usize = 0; at < end; at += 4) {
    const v = load<f32>(x + at);
    const nearest = nearestInt(factor * v);
    const code = byte ? nearest & 0xff : min<i32>(top, nearest);
    const difference: f32 = v - scale * <f32>code;
    error += load<f32>(weights + at) * difference * difference;
  }
  return error;
}

/** Moves one code at a time to where it fits best, up to five times around. */
function settle(x: usize, weights: usize, codes: usize, end: usize, top: i32, sumX: f32, sumL: f32): f32 {
  for (let round = 0; round < ROUNDS; round++) {
    let moved = false;
    for (let at: usize = 0; at < end; at += 4) {
      const v = load<f32>(x + at);
      const w = load<f32>(weights + at);
      const code = <i32>load<u8>(codes + (at >> 2));
      let restX: f32 = sumX - w * v * <f32>code;
      let restL: f32 = sumL - w * <f32>code * <f32>code;
      if (!(restX > 0 && restL > 0)) continue;
      const other = min<i32>(top, nearestInt((v * restL) / restX));
      if (other == code) continue;
      restX += w * v * <f32>other;
      restL += w * <f32>other * <f32>other;
      if (restX * restX * sumL > sumX * sumX * restL) {
        store<u8>(codes + (at >> 2), <u8>other);
        sumX = restX;
        sumL = restL;
        moved = true;
      }
    }
    if (!moved) break;
  }
  return sumL > 0 ? sumX / sumL : 0;
}
