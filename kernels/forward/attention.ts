// Softmax attention of one window. Scores of a head are one matrix product, its outputs another.
import { gemm, gemmFirstInputs, gemmScratchBytes, packPanels, packedBytes } from './gemm';
import { exp4, horizontalMax, horizontalSum, tanh4 } from './math';

/** Tokens whose scores are held at once: 128 KiB of them for 512 tokens, which the second cache holds. */
const ROWS: i32 = 64;

/** Bytes of the scratch that `attention` takes for a window of `tokens`. */
export function attentionScratchBytes(tokens: i32, headDim: i32, valueDim: i32): i32 {
  const padded = (tokens + 3) & ~3;
  return packedBytes(tokens, headDim) + packedBytes(valueDim, padded) + ROWS * padded * 4 + gemmScratchBytes();
}

/**
 * out = softmax(scale · q·kᵀ, masked) · v for every head; heads lie side by side in each row, and `heads / kvHeads` query heads
 * share one head of keys and values.
 *
 * @param window a token sees itself and the `window − 1` before it; 0: all before it
 * @param softcap scores become softcap·tanh(score/softcap) (Gemma 2); 0: as they are
 * @param causal false: every token sees every other (encoders)
 */
export function attention(
  q: usize,
  qStride: i32,
  k: usize,
  kStride: i32,
  v: usize,
  vStride: i32,
  out: usize,
  outStride: i32,
  tokens: i32,
  heads: i32,
  kvHeads: i32,
  headDim: i32,
  valueDim: i32,
  scale: f32,
  window: i32,
  softcap: f32,
  causal: bool,
  scratch: usize,
): void {
  const padded = (tokens + 3) & ~3;
  const keys = scratch;
  const values = keys + packedBytes(tokens, headDim);
  const scores = values + packedBytes(valueDim, padded);
  const rest = scores + <usize>(ROWS * padded * 4);
  const group = heads / kvHeads;
  for (let kvHead = 0; kvHead < kvHeads; kvHead++) {
    packPanels(k + (<usize>(kvHead * headDim) << 2), kStride, 1, tokens, headDim, keys);
    packPanels(v + (<usize>(kvHead * valueDim) << 2), 1, vStride, valueDim, tokens, values);
    for (let h = kvHead * group; h < (kvHead + 1) * group; h++) {
      const query = q + (<usize>(h * headDim) << 2);
      const target = out + (<usize>(h * valueDim) << 2);
      for (let m0 = 0; m0 < tokens; m0 += ROWS) {
        const rows = min(ROWS, tokens - m0);
        // What comes after the last of these tokens is seen by none of them.
        const seen = causal ? m0 + rows : tokens;
        const from = query + <usize>m0 * (<usize>qStride << 2);
        gemm(from, qStride, keys, scores, padded, rows, seen, headDim, rest);
        for (let m = 0; m < rows; m++) {
          const last = causal ? m0 + m : tokens - 1;
          const first = causal && window > 0 ? max(0, m0 + m - window + 1) : 0;
          softmaxRow(scores + (<usize>(m * padded) << 2), first, last, padded, scale, softcap);
        }
        const to = target + <usize>m0 * (<usize>outStride << 2);
        gemmFirstInputs(scores, padded, values, tokens, to, outStride, rows, valueDim, seen, rest);
      }
    }
  }
}

/** Softmax over the scores `first` to `last` of a row, in place; the others become 0. */
function softmaxRow(row: usize, first: i32, last: i32, padded: i32, scale: f32, softcap: f32): void {
  const from = <usize>(first & ~3) << 2;
  const to = <usize>((last + 4) & ~3) << 2;
  scaleScores(row, from, to, scale, softcap);
  fill(row, first & ~3, first, -Infinity);
  fill(row, last + 1, (last + 4) & ~3, -Infinity);
  let highest = f32x4.splat(-Infinity);
  for (let i = from; i < to; i += 16) highest = f32x4.max(highest, v128.load(row + i));
  const top = f32x4.splat(horizontalMax(highest));
  let sums = f32x4.splat(0);
  for (let i = from; i < to; i += 16) {
    const e = exp4(f32x4.sub(v128.load(row + i), top));
    sums = f32x4.add(sums, e);
    v128.store(row + i, e);
  }
  const factor = f32x4.splat(<f32>1 / horizontalSum(sums));
  for (let i = from; i < to; i += 16) v128.store(row + i, f32x4.mul(v128.load(row + i), factor));
  fill(row, 0, first, 0);
  fill(row, last + 1, padded, 0);
}

function scaleScores(row: usize, from: usize, to: usize, scale: f32, softcap: f32): void {
  const scales = f32x4.splat(scale);
  for (let i = from; i < to; i += 16) {
    let x = f32x4.mul(v128.load(row + i), scales);
    if (softcap > 0) x = f32x4.mul(tanh4(f32x4.mul(x, f32x4.splat(1 / softcap))), f32x4.splat(softcap));
    v128.store(row + i, x);
  }
}

function fill(row: usize, first: i32, end: i32, value: f32): void {
  for (let i = first; i < end; i++) store<f32>(row + (<usize>i << 2), value);
}
