// Rounding four f32 to the type that a library computes in, with the constants at hand.
import { BF16, F16, F32 } from './dtype';
import { Held } from './held';

/** The type that results are rounded to, where it is known at run time only: as a tag in place of F32, F16, BF16. */
export class Any {}

/**
 * Quotients of two values of the type, to be rounded on, and products of a code and a scale, as the type holds them.
 *
 * A multiple, x · 2^n, pushes the bits that the type does not have out of the sum with x. Ties go to even, as the last of a tie's 24 bits is
 * zero. Where the sum reaches the next power of two, an odd x would come out a step too small: quotients of such short numbers are not that
 * near to one, and products are even. Among f16's subnormals the sum keeps bits too many: of quotients, which become zero next, and not of
 * products, as codes are integers.
 */
// @ts-ignore: decorator
@inline
export function roundAs4<A>(x: v128, held: usize): v128 {
  if (idof<A>() != idof<BF16>() && idof<A>() != idof<F16>()) return roundExactly4<A>(x, held);
  const multiple = f32x4.mul(x, v128.load(held, Held.MULTIPLE));
  return f32x4.sub(f32x4.add(x, multiple), multiple);
}

/** Any values as the type holds them: `round4` for a type that is a tag, or, for `Any`, the one that the job names. */
// @ts-ignore: decorator
@inline
export function roundExactly4<A>(x: v128, held: usize): v128 {
  if (idof<A>() == idof<F32>()) return x;
  const exponent = v128.and(x, v128.load(held, Held.EXPONENT));
  if (idof<A>() == idof<Any>()) {
    const magic = i32x4.add(i32x4.max_s(exponent, v128.load(held, Held.ANY_LEAST)), v128.load(held, Held.ANY_MAGIC));
    return v128.bitselect(x, f32x4.sub(f32x4.add(x, magic), magic), v128.load(held, Held.ANY_EXACT));
  }
  const least = idof<A>() == idof<F16>() ? i32x4.max_s(exponent, v128.load(held, Held.F16_LEAST)) : exponent;
  const magic = i32x4.add(least, v128.load(held, idof<A>() == idof<F16>() ? Held.F16_MAGIC : Held.BF16_MAGIC));
  return f32x4.sub(f32x4.add(x, magic), magic);
}

/** `roundE4m3x4` with its constants at hand. */
// @ts-ignore: decorator
@inline
export function roundE4m3With(x: v128, held: usize): v128 {
  const exponent = i32x4.max_s(v128.and(x, v128.load(held, Held.EXPONENT)), v128.load(held, Held.E4M3_LEAST));
  const magic = i32x4.add(exponent, v128.load(held, Held.E4M3_MAGIC));
  return f32x4.sub(f32x4.add(x, magic), magic);
}
