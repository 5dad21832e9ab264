// The search for a scale around zero of 16 values one by one: `make_qx_quants` of ggml-quants.c with weights.
import { nearestInt } from '../gguf/arithmetic';
import { SMALLEST, TRIALS, tenthsOf } from '../gguf/search-scale';

/**
 * The scale of Q3_K's scales.
 *
 * @param codes one byte each, from 0 to 2 · reach - 1
 */
export function searchOneScale(x: usize, weights: usize, codes: usize, count: i32, reach: i32): f32 {
  let largest: f32 = 0;
  let extreme: f32 = 0;
  const end = <usize>count << 2;
  for (let at: usize = 0; at < end; at += 4) {
    const v = load<f32>(x + at);
    if (abs<f32>(v) > largest) {
      largest = abs<f32>(v);
      extreme = v;
    }
  }
  if (largest < SMALLEST) {
    memory.fill(codes, 0, count);
    return 0;
  }
  let scale: f32 = 0;
  let best: f32 = 0;
  let used: f32 = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const factor: f32 = -(<f32>reach + <f32>0.1 * <f32>tenthsOf(trial)) / extreme;
    let sumX: f32 = 0;
    let sumL: f32 = 0;
    for (let at: usize = 0; at < end; at += 4) {
      const v = load<f32>(x + at);
      const w = load<f32>(weights + at);
      const code = <f32>codeOf(factor * v, reach);
      sumX += w * v * code;
      sumL += w * code * code;
    }
    if (trial == 0) scale = sumL != 0 ? sumX / sumL : 0;
    else if (sumL > 0 && sumX * sumX > best * sumL) scale = sumX / sumL;
    else continue;
    best = scale * sumX;
    used = factor;
  }
  for (let i: usize = 0; i < <usize>count; i++) {
    store<u8>(codes + i, <u8>(codeOf(used * load<f32>(x + (i << 2)), reach) + reach));
  }
  return scale;
}

function codeOf(product: f32, reach: i32): i32 {
  return max<i32>(-reach, min<i32>(reach - 1, nearestInt(product)));
}
