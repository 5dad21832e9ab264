import {
  FORWARD_MEMORY_BASE,
  forwardModule,
  instantiateForward,
  plainForwardModule,
} from '../../../lib/simulate/forward/module';
import { parseScheme } from '../../../lib/scheme';
import { quantizeGroup } from '../../../lib/simulate/calibrated/quantize-group';
import { createKernelEngine } from '../../../lib/simulate/kernels/create';
import { wasm } from '../../../lib/simulate/kernels/webassembly';
import { recipeOf } from '../../../lib/simulate/schemes/recipe';

const memory = new wasm.Memory({ initial: 512, maximum: 65536, shared: true });
const floats = new Float32Array(memory.buffer);

let next = FORWARD_MEMORY_BASE;
beforeEach(() => {
  next = FORWARD_MEMORY_BASE;
});
const room = (bytes: number) => {
  const at = next;
  next += (bytes + 63) & ~63;
  return at;
};
const put = (values: ArrayLike<number>) => {
  const at = room(values.length * 4);
  floats.set(values, at / 4);
  return at;
};
const take = (at: number, count: number) => Array.from(floats.subarray(at / 4, at / 4 + count));

/** Deterministic values between −1 and 1. */
function noise(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  const worst = Math.max(...actual.map((value, i) => Math.abs(value - expected[i]) / (1 + Math.abs(expected[i]))));
  expect(worst).toBeLessThan(tolerance);
}

describe.each([
  ['the fastest module of this engine', forwardModule()],
  ['the module that runs everywhere', plainForwardModule()],
])('%s', (_name, module) => {
  const kernels = instantiateForward(module, memory);

  test.each([
    [1, 1, 1],
    [4, 8, 256],
    [5, 9, 257],
    [67, 30, 600],
    [64, 64, 64],
  ])('multiplies %d rows by %d outputs of %d inputs', (rows, outputs, inputs) => {
    const a = noise(rows * inputs, 1);
    const b = noise(outputs * inputs, 2);
    const expected = Array.from({ length: rows * outputs }, (_, i) => {
      const [m, n] = [Math.floor(i / outputs), i % outputs];
      let sum = 0;
      for (let k = 0; k < inputs; k++) sum += a[m * inputs + k] * b[n * inputs + k];
      return sum;
    });
    const packed = room(kernels.packedBytes(outputs, inputs));
    kernels.packPanels(put(b), inputs, 1, outputs, inputs, packed);
    const target = put(new Float32Array(rows * outputs).fill(NaN));
    kernels.gemm(put(a), inputs, packed, target, outputs, rows, outputs, inputs, room(kernels.gemmScratchBytes()));
    expectClose(take(target, rows * outputs), expected, 1e-5);
  });

  test.each([
    ['every token before it', 0, 0, true],
    ['a sliding window', 3, 0, true],
    ['capped scores', 0, 5, true],
    ['a window and capped scores', 4, 2, true],
    ['both directions', 0, 0, false],
  ])('attends to %s', (_what, window, softcap, causal) => {
    const [tokens, heads, kvHeads, headDim, valueDim] = [11, 4, 2, 8, 12];
    const q = noise(tokens * heads * headDim, 3).map((value) => value * 3);
    const k = noise(tokens * kvHeads * headDim, 4);
    const v = noise(tokens * kvHeads * valueDim, 5);
    const scale = 1.7;
    const expected: number[] = [];
    for (let m = 0; m < tokens; m++) {
      for (let h = 0; h < heads; h++) {
        const kvHead = Math.floor(h / (heads / kvHeads));
        const seen = Array.from({ length: tokens }, (_, n) => n).filter(
          (n) => !causal || (n <= m && (window === 0 || n > m - window)),
        );
        const scores = seen.map((n) => {
          let dot = 0;
          for (let i = 0; i < headDim; i++)
            dot += q[(m * heads + h) * headDim + i] * k[(n * kvHeads + kvHead) * headDim + i];
          return softcap > 0 ? softcap * Math.tanh((dot * scale) / softcap) : dot * scale;
        });
        const weights = scores.map((score) => Math.exp(score - Math.max(...scores)));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (let i = 0; i < valueDim; i++)
          expected.push(
            seen.reduce((sum, n, j) => sum + (weights[j] / total) * v[(n * kvHeads + kvHead) * valueDim + i], 0),
          );
      }
    }
    const out = room(tokens * heads * valueDim * 4);
    kernels.attention(
      put(q),
      heads * headDim,
      put(k),
      kvHeads * headDim,
      put(v),
      kvHeads * valueDim,
      out,
      heads * valueDim,
      tokens,
      heads,
      kvHeads,
      headDim,
      valueDim,
      scale,
      window,
      softcap,
      Number(causal),
      room(kernels.attentionScratchBytes(tokens, headDim, valueDim)),
    );
    expectClose(take(out, tokens * heads * valueDim), expected, 1e-5);
  });

  test('normalizes by the root mean square, with an offset for weights stored less one', () => {
    const x = noise(24, 6);
    const weight = noise(8, 7);
    const target = room(24 * 4);
    kernels.rmsNorm(put(x), put(weight), target, 3, 8, 8, 1e-5, 1);
    const expected = Array.from(x, (value, i) => {
      const row = x.subarray(i - (i % 8), i - (i % 8) + 8);
      const mean = row.reduce((sum, element) => sum + element * element, 0) / 8;
      return (value / Math.sqrt(mean + 1e-5)) * (weight[i % 8] + 1);
    });
    expectClose(take(target, 24), expected, 1e-6);
  });

  test('normalizes by mean and variance', () => {
    const x = noise(16, 8);
    const weight = noise(8, 9);
    const bias = noise(8, 10);
    const target = room(16 * 4);
    kernels.layerNorm(put(x), put(weight), put(bias), target, 2, 8, 1e-12);
    const expected = Array.from(x, (value, i) => {
      const row = x.subarray(i - (i % 8), i - (i % 8) + 8);
      const mean = row.reduce((sum, element) => sum + element, 0) / 8;
      const variance = row.reduce((sum, element) => sum + (element - mean) ** 2, 0) / 8;
      return ((value - mean) / Math.sqrt(variance + 1e-12)) * weight[i % 8] + bias[i % 8];
    });
    expectClose(take(target, 16), expected, 1e-5);
  });

  test.each([
    ['SiLU', 0, (x: number) => x / (1 + Math.exp(-x))],
    ['GELU by tanh', 1, (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))],
    ['ReLU', 3, (x: number) => Math.max(0, x)],
  ])('computes %s', (_name, kind, reference) => {
    const x = noise(64, 11).map((value) => value * 12);
    const at = put(x);
    kernels.activate(at, 64, kind);
    expectClose(take(at, 64), Array.from(x, reference), 1e-6);
  });

  test('computes GELU by erf', () => {
    // Values of x·Φ(x) from tables of the normal distribution.
    const at = put([-3, -1, 0, 0.5, 1, 2, 3, 8]);
    kernels.activate(at, 8, 2);
    expectClose(
      take(at, 8),
      [-0.0040496939, -0.1586552539, 0, 0.3457312306, 0.8413447461, 1.954499736, 2.9959503061, 8],
      1e-6,
    );
  });

  test('turns halves and pairs by the same angles', () => {
    const x = noise(2 * 2 * 16, 12);
    const angles = noise(2 * 8, 13);
    const cosines = put(angles.map(Math.cos));
    const sines = put(angles.map(Math.sin));
    for (const interleaved of [false, true]) {
      const at = put(x);
      kernels.rotate(at, cosines, sines, 2, 2, 16, 16, 32, Number(interleaved));
      const expected = Array.from(x);
      for (let head = 0; head < 4; head++) {
        const position = Math.floor(head / 2);
        for (let i = 0; i < 8; i++) {
          const [left, right] = interleaved ? [2 * i, 2 * i + 1] : [i, i + 8];
          const angle = angles[position * 8 + i];
          const [a, b] = [x[head * 16 + left], x[head * 16 + right]];
          expected[head * 16 + left] = a * Math.cos(angle) - b * Math.sin(angle);
          expected[head * 16 + right] = b * Math.cos(angle) + a * Math.sin(angle);
        }
      }
      expectClose(take(at, 64), expected, 1e-6);
    }
  });

  test('compares two distributions: log-sum, divergence and first choice', () => {
    const p = noise(103, 14).map((value) => value * 6);
    const q = p.map((value, i) => value + Math.sin(i));
    const logSum = (row: Float32Array) => Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
    const [pAt, qAt] = [put(p), put(q)];
    const [pLog, qLog] = [kernels.logSumExp(pAt, 103), kernels.logSumExp(qAt, 103)];
    expect(pLog).toBeCloseTo(logSum(p), 6);
    const expected = p.reduce(
      (sum, value, i) => sum + Math.exp(value - logSum(p)) * (value - logSum(p) - q[i] + logSum(q)),
      0,
    );
    expect(kernels.divergence(pAt, pLog, qAt, qLog, 103)).toBeCloseTo(expected, 6);
    expect(kernels.divergence(pAt, pLog, pAt, pLog, 103)).toBe(0);
    expect(kernels.argmax(pAt, 103)).toBe(p.indexOf(Math.max(...p)));
  });

  test('keeps the statistics of channels over blocks', () => {
    const x = noise(6 * 8, 15);
    const [absmax, lowest, highest] = [put(new Float32Array(8)), put(new Float32Array(8)), put(new Float32Array(8))];
    const absSum = room(64);
    new Float64Array(memory.buffer).fill(0, absSum / 8, absSum / 8 + 8);
    kernels.accumulateChannels(put(x.subarray(0, 24)), 3, 8, absmax, lowest, highest, absSum);
    kernels.accumulateChannels(put(x.subarray(24)), 3, 8, absmax, lowest, highest, absSum);
    const channel = (j: number) => Array.from({ length: 6 }, (_, m) => x[m * 8 + j]);
    for (let j = 0; j < 8; j++) {
      expect(take(absmax, 8)[j]).toBe(Math.max(...channel(j).map(Math.abs)));
      expect(take(lowest, 8)[j]).toBe(Math.min(0, ...channel(j)));
      expect(take(highest, 8)[j]).toBe(Math.max(0, ...channel(j)));
      expect(new Float64Array(memory.buffer)[absSum / 8 + j]).toBeCloseTo(
        channel(j).reduce((sum, value) => sum + Math.abs(value), 0),
        6,
      );
    }
  });

  test('sums the products of channels over blocks', () => {
    const x = noise(7 * 72, 16);
    const gram = room(72 * 72 * 8);
    new Float64Array(memory.buffer).fill(0, gram / 8, gram / 8 + 72 * 72);
    const scratch = room(kernels.gramScratchBytes(4, 72) + kernels.gemmScratchBytes());
    kernels.accumulateGram(put(x.subarray(0, 4 * 72)), 4, 72, gram, scratch);
    kernels.accumulateGram(put(x.subarray(4 * 72)), 3, 72, gram, scratch);
    const expected = Array.from({ length: 72 * 72 }, (_, at) => {
      const [i, j] = [Math.floor(at / 72), at % 72];
      return Array.from({ length: 7 }, (_, m) => x[m * 72 + i] * x[m * 72 + j]).reduce((sum, value) => sum + value, 0);
    });
    expectClose(Array.from(new Float64Array(memory.buffer, gram, 72 * 72)), expected, 1e-6);
  });

  test('caps logits smoothly', () => {
    const at = put([0, 1, -40, 1000]);
    kernels.softcap(at, 30, 4);
    expectClose(
      take(at, 4),
      [0, 1, -40, 1000].map((value) => 30 * Math.tanh(value / 30)),
      1e-6,
    );
  });

  test('sends activations through INT8 and FP8 and back, for each token and with one scale', () => {
    const row = [0, 0.5, -1, 127.5, 0, 0, 0, 0];
    const at = put(row);
    kernels.fakeQuantizeDynamic(at, 1, 8, 8, 0);
    // Scale 1: 0.5 rounds to even, 127.5 saturates.
    expect(take(at, 8)).toEqual([0, 0, -1, 127, 0, 0, 0, 0]);
    const fp8 = put([448, 17, -0.3, 0.001]);
    kernels.fakeQuantizeStatic(fp8, 4, 448, 1);
    expect(take(fp8, 4)).toEqual([448, 16, -0.3125, 0.001953125]);
    const zero = put(new Float32Array(8));
    kernels.fakeQuantizeDynamic(zero, 2, 4, 4, 1);
    expect(take(zero, 8)).toEqual(new Array(8).fill(0));
  });

  test.each([
    ['Q8_0', 8],
    ['Q5_1', 7],
    ['Q5_0', 6],
    ['Q4_1', 3],
    ['Q4_0', 2],
  ])('stores a cache in %s as a GGUF stores weights', (type, id) => {
    const values = noise(4 * 64, 5);
    values.fill(0, 32, 64);
    values.set([127, 0.5, -1.5, 2.5, -63.5], 64);
    const at = put(values);
    kernels.fakeQuantizeCache(at, values.length, id, room(kernels.cacheScratchBytes()));
    const matrix = { dtype: 'F32' as const, rows: 4, columns: 64, data: new Uint8Array(values.buffer) };
    const recipe = recipeOf(parseScheme(`gguf-tensor:${type}`));
    const layers = [{ name: 'model.layers.0.mlp.up_proj.weight', matrix }];
    const { matrices } = quantizeGroup(createKernelEngine(), recipe, { layers, scalable: false });
    const { data } = matrices[0];
    // A code has no negative zero.
    const stored = Array.from(new Float32Array(data.slice().buffer), (value) => value + 0);
    expect(take(at, values.length).map((value) => value + 0)).toEqual(stored);
  });

  test.each([8, 64, 128, 256])('rotates by the Walsh-Hadamard matrix of %d, twice of which is nothing', (size) => {
    const values = noise(3 * size, 9);
    const at = put(values);
    kernels.rotateHadamard(at, values.length, size);
    const bits = (x: number): number => (x === 0 ? 0 : (x & 1) + bits(x >>> 1));
    const expected = Array.from(values, (_, i) => {
      const first = i - (i % size);
      let sum = 0;
      for (let j = 0; j < size; j++) sum += bits((i % size) & j) % 2 === 0 ? values[first + j] : -values[first + j];
      return sum / Math.sqrt(size);
    });
    expectClose(take(at, values.length), expected, 1e-6);
    kernels.rotateHadamard(at, values.length, size);
    expectClose(take(at, values.length), Array.from(values), 1e-6);
  });
});
