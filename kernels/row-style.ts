// How a value becomes a code: as tags for generic functions, each of which the compiler makes a loop of its own for.
import { Grid } from './grids';

/** R(R(w / s) + 0), clamp, round to integer. */
export class DivideSymmetric {}
/** R(R(w / s) + z), clamp, round to integer. */
export class DivideAsymmetric {}
/** R(w / s) rounded to integer, plus z, clamp. */
export class RoundThenShift {}
/** w · f32(1 / s), round to integer, clamp. */
export class Reciprocal {}
/** R(w / s), clamp, round to E4M3. */
export class Float8 {}
/** w / s, clamp, round to E2M1. */
export class Float4 {}

/** The same by number, with one for both kinds of division. */
export namespace Style {
  export const DIVIDE: i32 = 0;
  export const FLOAT8: i32 = 1;
  export const RECIPROCAL: i32 = 2;
  export const ROUND_THEN_SHIFT: i32 = 3;
  export const FLOAT4: i32 = 4;
}

export function styleOf(grid: i32): i32 {
  if (grid <= Grid.INT_ASYMMETRIC) return Style.DIVIDE;
  if (grid == Grid.FP8 || grid == Grid.NEURON_FP8_CHANNEL || grid == Grid.NEURON_FP8_TENSOR) return Style.FLOAT8;
  if (grid == Grid.MXFP4 || grid == Grid.NVFP4) return Style.FLOAT4;
  if (grid == Grid.NEURON_INT8_CHANNEL || grid == Grid.NEURON_INT8_TENSOR) return Style.RECIPROCAL;
  return Style.ROUND_THEN_SHIFT;
}

/** Grids whose codes keep the sign of a zero: AutoAWQ's symmetric one and Neuron's FP8. */
export function addsNoZero(grid: i32): bool {
  return grid == Grid.AWQ_SYMMETRIC || grid == Grid.NEURON_FP8_CHANNEL || grid == Grid.NEURON_FP8_TENSOR;
}

// Whether a group's values may lie beyond its codes, as tags.
/** Quotients are cut off at both ends, and what is cut off is counted. */
export class Beyond {}
/** Every value has a code. Only symmetric integers are still cut off at the upper end, where their grid lacks half a step. */
export class Within {}

/** Is there a loop for groups whose values all have codes? */
// @ts-ignore: decorator
@inline
export function knowsWithin<S>(): bool {
  return idof<S>() != idof<Float4>() && idof<S>() != idof<DivideAsymmetric>();
}
