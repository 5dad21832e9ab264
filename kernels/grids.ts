// The integer and float grids of the schemes: how a group's extremes become a scale and a zero point. Every line is the
// reference library's own, its order of roundings included.
import { Dtype, roundTo } from './dtype';
import { e4m3Byte, e4m3Value } from './fp8';

/** Numbers the host uses for the grids. */
export namespace Grid {
  /** compressed-tensors, integers, symmetric: scale = absmax / ((hi - lo) / 2). */
  export const INT_SYMMETRIC: i32 = 0;
  /** compressed-tensors, integers, with a zero point. */
  export const INT_ASYMMETRIC: i32 = 1;
  /** compressed-tensors, E4M3: scale = absmax / 448. */
  export const FP8: i32 = 2;
  /** neuronx-distributed INT8 per channel: absmax / 127, and multiplication by the reciprocal. */
  export const NEURON_INT8_CHANNEL: i32 = 3;
  /** neuronx-distributed INT8 per tensor: absmax / 127.5. */
  export const NEURON_INT8_TENSOR: i32 = 4;
  /** neuronx-distributed FP8 per channel: absmax / 240, at least 1e-5. */
  export const NEURON_FP8_CHANNEL: i32 = 5;
  /** neuronx-distributed FP8 per tensor: absmax / 240. */
  export const NEURON_FP8_TENSOR: i32 = 6;
  /** AutoAWQ with a zero point: the range is not extended to zero. */
  export const AWQ_ZERO_POINT: i32 = 7;
  /** AutoAWQ without a zero point: absmax / 7. */
  export const AWQ_SYMMETRIC: i32 = 8;
  /** gptqmodel, symmetric. */
  export const GPTQ_SYMMETRIC: i32 = 9;
  /** gptqmodel with a zero point. */
  export const GPTQ_ASYMMETRIC: i32 = 10;
  /** compressed-tensors MXFP4: a power of two for 32 values. */
  export const MXFP4: i32 = 11;
  /** compressed-tensors NVFP4: an E4M3 scale for 16 values, over one scale for the tensor. */
  export const NVFP4: i32 = 12;
}

const F32_EPSILON: f32 = 1.1920928955078125e-7;

/** Scale of the last `computeGrid`. */
export let gridScale: f32 = 0;
/** Zero point of the last `computeGrid`, an integer. */
export let gridZero: f32 = 0;

/** NVFP4: what the tensor's weights are multiplied by so that the groups' scales fill the range of E4M3. */
export let globalScale: f32 = 1;

export function setGlobalScale(value: f32): void {
  globalScale = value;
}

/** Does the grid need a group's minimum and maximum, or only its largest magnitude? */
// @ts-ignore: decorator
@inline
export function needsRange(grid: i32): bool {
  return (
    grid == Grid.INT_ASYMMETRIC || grid == Grid.AWQ_ZERO_POINT || grid == Grid.GPTQ_SYMMETRIC || grid == Grid.GPTQ_ASYMMETRIC
  );
}

/** Smallest code of a grid. */
export function lowestCode(grid: i32, bits: i32): f32 {
  if (grid == Grid.AWQ_ZERO_POINT || grid == Grid.GPTQ_SYMMETRIC || grid == Grid.GPTQ_ASYMMETRIC) return 0;
  return -(<f32>(1 << (bits - 1)));
}

/** Largest code of a grid. */
export function highestCode(grid: i32, bits: i32): f32 {
  if (grid == Grid.AWQ_ZERO_POINT || grid == Grid.GPTQ_SYMMETRIC || grid == Grid.GPTQ_ASYMMETRIC) return <f32>((1 << bits) - 1);
  return <f32>((1 << (bits - 1)) - 1);
}

/**
 * Sets `gridScale` and `gridZero` for a group whose values lie in [lowest, highest]; for grids without `needsRange`,
 * `highest` is the largest magnitude and `lowest` its negative. NaN goes through as in PyTorch.
 */
export function computeGrid(grid: i32, bits: i32, dtype: i32, lowest: f32, highest: f32): void {
  gridZero = 0;
  switch (grid) {
    case Grid.INT_SYMMETRIC:
    case Grid.FP8: {
      const half: f32 = grid == Grid.FP8 ? 448 : <f32>(<f64>((1 << bits) - 1) / 2);
      gridScale = floored(roundTo(dtype, magnitude(lowest, highest) / half), dtype);
      return;
    }
    case Grid.INT_ASYMMETRIC: {
      const mn = min<f32>(lowest, 0);
      const mx = max<f32>(highest, 0);
      const steps = <f32>((1 << bits) - 1);
      const lo = lowestCode(grid, bits);
      const scale = roundTo(dtype, roundTo(dtype, mx - mn) / steps);
      const zero = nearest<f32>(min<f32>(max<f32>(roundTo(dtype, lo - roundTo(dtype, mn / scale)), lo), highestCode(grid, bits)));
      gridZero = zero == zero ? zero : 0;
      gridScale = floored(scale, dtype);
      return;
    }
    case Grid.NEURON_INT8_CHANNEL:
      gridScale = max<f32>(magnitude(lowest, highest) / 127, F32_EPSILON);
      return;
    case Grid.NEURON_INT8_TENSOR:
      gridScale = max<f32>(magnitude(lowest, highest) / 127.5, F32_EPSILON);
      return;
    case Grid.NEURON_FP8_CHANNEL:
      gridScale = max<f32>(magnitude(lowest, highest) / 240, 1e-5);
      return;
    case Grid.NEURON_FP8_TENSOR:
      gridScale = magnitude(lowest, highest) / 240;
      return;
    case Grid.AWQ_ZERO_POINT: {
      const steps = <f32>((1 << bits) - 1);
      gridScale = roundTo(dtype, max<f32>(roundTo(dtype, highest - lowest), roundTo(dtype, 1e-5)) / steps);
      // Comparisons, not min and max: the library's clamp keeps a zero point of -0.0.
      gridZero = -nearest<f32>(roundTo(dtype, lowest / gridScale));
      if (gridZero < 0) gridZero = 0;
      if (gridZero > steps) gridZero = steps;
      return;
    }
    case Grid.MXFP4:
      gridScale = powerOfTwoScale(magnitude(lowest, highest), dtype);
      return;
    case Grid.NVFP4: {
      const local = e4m3Value(e4m3Byte(globalScale * roundTo(dtype, magnitude(lowest, highest) / 6)));
      // A scale of zero becomes the least that the library divides by.
      gridScale = (local == 0 ? <f32>0.125 : local) / globalScale;
      return;
    }
    case Grid.AWQ_SYMMETRIC:
      gridScale = roundTo(dtype, max<f32>(magnitude(lowest, highest), roundTo(dtype, 1e-5)) / highestCode(grid, bits));
      return;
    default: {
      let mn = min<f32>(lowest, 0);
      let mx = max<f32>(highest, 0);
      if (grid == Grid.GPTQ_SYMMETRIC) {
        mx = max<f32>(-mn, mx);
        if (mn < 0) mn = -mx;
      }
      if (mn == 0 && mx == 0) {
        mn = -1;
        mx = 1;
      }
      gridScale = (mx - mn) / <f32>((1 << bits) - 1);
      gridZero = grid == Grid.GPTQ_SYMMETRIC ? <f32>(1 << (bits - 1)) : nearest<f32>(-mn / gridScale);
    }
  }
}

// @ts-ignore: decorator
@inline
function magnitude(lowest: f32, highest: f32): f32 {
  return max<f32>(abs<f32>(min<f32>(lowest, 0)), abs<f32>(max<f32>(highest, 0)));
}

/**
 * The power of two that brings a group's largest magnitude below E2M1's 8: rounded up from 1.75 of a power on, so that it
 * comes to lie between 3.5 and 7. compressed-tensors, `quantization/utils/mxfp4_utils`.
 */
function powerOfTwoScale(largest: f32, dtype: i32): f32 {
  if (largest != largest) return largest;
  const exponent = ((reinterpret<i32>(largest) + (1 << 21)) >> 23) - 127;
  const shared = max<i32>(exponent - 2, -127);
  const scale: f32 = shared < -126 ? 5.877471754111438e-39 : reinterpret<f32>((shared + 127) << 23);
  // f16 does not reach so low: the library then divides by 1.
  return dtype == Dtype.F16 && shared < -24 ? 1 : scale;
}

/** compressed-tensors gives an all-zero group the type's epsilon for a scale, so that nothing is divided by zero. */
function floored(scale: f32, dtype: i32): f32 {
  if (scale != 0) return scale;
  if (dtype == Dtype.BF16) return 0.0078125;
  if (dtype == Dtype.F16) return 0.0009765625;
  return F32_EPSILON;
}
