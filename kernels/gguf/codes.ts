// Codes of a super-block, one byte each in the order of the values, before they are packed and after they are unpacked.
import { ROUNDING_MAGIC, narrow16, nearestInt4 } from './arithmetic';
import { Scratch } from './scratch';

/** At a quotient of 2^22 `nearest_int` would wrap around. */
const LARGEST_QUOTIENT: f32 = 4000000;

/**
 * Codes of `count` sub-blocks of `length` values: clamp(nearest_int((x + add) / step)) − lowest, with their steps at `STEPS` and what
 * is added at `ADDS`. Sub-blocks whose step is 0 are passed over.
 *
 * @param largest no value is larger in magnitude
 */
export function codesBySteps(
  x: usize,
  scratch: usize,
  count: i32,
  length: i32,
  lowest: i32,
  highest: i32,
  largest: f32,
): void {
  // Stored and loaded: the compiler keeps loads in registers, and makes constants anew for each sub-block.
  v128.store(scratch, f32x4.splat(<f32>lowest), Scratch.LIMITS);
  v128.store(scratch, f32x4.splat(<f32>highest), Scratch.LIMITS + 16);
  v128.store(scratch, f32x4.splat(ROUNDING_MAGIC - <f32>lowest), Scratch.LIMITS + 32);
  const low = v128.load(scratch, Scratch.LIMITS);
  const high = v128.load(scratch, Scratch.LIMITS + 16);
  const magic = v128.load(scratch, Scratch.LIMITS + 32);
  let codes = scratch + Scratch.CODES;
  for (let j: usize = 0; j < <usize>count << 2; j += 4) {
    const add = load<f32>(scratch + j, Scratch.ADDS);
    const step = load<f32>(scratch + j, Scratch.STEPS);
    if (largest + abs<f32>(add) < LARGEST_QUOTIENT * abs<f32>(step)) {
      const add4 = v128.load32_splat(scratch + j, Scratch.ADDS);
      const step4 = v128.load32_splat(scratch + j, Scratch.STEPS);
      for (let i = 0; i < length; i += 16, x += 64, codes += 16) {
        v128.store(
          codes,
          narrow16(
            codeByStep(v128.load(x), add4, step4, low, high, magic),
            codeByStep(v128.load(x, 16), add4, step4, low, high, magic),
            codeByStep(v128.load(x, 32), add4, step4, low, high, magic),
            codeByStep(v128.load(x, 48), add4, step4, low, high, magic),
          ),
        );
      }
    } else {
      if (step != 0) codesByDivision(x, codes, length, add, step, lowest, highest);
      x += <usize>length << 2;
      codes += length;
    }
  }
}

// @ts-ignore: decorator
@inline
function codeByStep(x: v128, add: v128, step: v128, low: v128, high: v128, magic: v128): v128 {
  const quotient = f32x4.div(f32x4.add(x, add), step);
  return v128.and(f32x4.add(f32x4.pmin(f32x4.pmax(quotient, low), high), magic), i32x4.splat(255));
}

/** `count` codes of any values. */
function codesByDivision(
  x: usize,
  codes: usize,
  count: i32,
  add: f32,
  divisor: f32,
  lowest: i32,
  highest: i32,
): void {
  const add4 = f32x4.splat(add);
  const divisor4 = f32x4.splat(divisor);
  for (let i: usize = 0; i < <usize>count; i += 16) {
    const at = x + (i << 2);
    v128.store(
      codes + i,
      narrow16(
        clampFrom(nearestInt4(f32x4.div(f32x4.add(v128.load(at), add4), divisor4)), lowest, highest),
        clampFrom(nearestInt4(f32x4.div(f32x4.add(v128.load(at, 16), add4), divisor4)), lowest, highest),
        clampFrom(nearestInt4(f32x4.div(f32x4.add(v128.load(at, 32), add4), divisor4)), lowest, highest),
        clampFrom(nearestInt4(f32x4.div(f32x4.add(v128.load(at, 48), add4), divisor4)), lowest, highest),
      ),
    );
  }
}

/** The search's own codes: clamp(nearest_int(factor · (x − minimum))) + offset. */
export function codesByProduct(
  x: usize,
  codes: usize,
  count: i32,
  factor: f32,
  minimum: f32,
  lowest: i32,
  highest: i32,
): void {
  const factor4 = f32x4.splat(factor);
  const minimum4 = f32x4.splat(minimum);
  for (let i: usize = 0; i < <usize>count; i += 16) {
    const at = x + (i << 2);
    v128.store(
      codes + i,
      narrow16(
        clampFrom(nearestInt4(f32x4.mul(factor4, f32x4.sub(v128.load(at), minimum4))), lowest, highest),
        clampFrom(nearestInt4(f32x4.mul(factor4, f32x4.sub(v128.load(at, 16), minimum4))), lowest, highest),
        clampFrom(nearestInt4(f32x4.mul(factor4, f32x4.sub(v128.load(at, 32), minimum4))), lowest, highest),
        clampFrom(nearestInt4(f32x4.mul(factor4, f32x4.sub(v128.load(at, 48), minimum4))), lowest, highest),
      ),
    );
  }
}

/** Clamped, and counted from the lowest code. */
// @ts-ignore: decorator
@inline
function clampFrom(code: v128, lowest: i32, highest: i32): v128 {
  const clamped = i32x4.max_s(i32x4.min_s(code, i32x4.splat(highest)), i32x4.splat(lowest));
  return i32x4.sub(clamped, i32x4.splat(lowest));
}

/** `count` values: scale · (code − offset) − minimum. */
export function restore(codes: usize, values: usize, count: i32, offset: i32, scale: f32, minimum: f32): void {
  const scale4 = f32x4.splat(scale);
  const minimum4 = f32x4.splat(minimum);
  const offset4 = i32x4.splat(offset);
  for (let i: usize = 0; i < <usize>count; i += 4) {
    const wide = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(codes + i)));
    const code = f32x4.convert_i32x4_s(i32x4.sub(wide, offset4));
    v128.store(values + (i << 2), f32x4.sub(f32x4.mul(scale4, code), minimum4));
  }
}

/** Two bits a code: of each 128 codes the four runs of 32 share 32 bytes, lowest bits first. */
export function packPairs(codes: usize, target: usize): void {
  const mask = i8x16.splat(3);
  for (let half: usize = 0; half < 2; half++) {
    for (let i: usize = 0; i < 32; i += 16) {
      const from = codes + (half << 7) + i;
      const low = v128.or(v128.and(v128.load(from), mask), i16x8.shl(v128.and(v128.load(from, 32), mask), 2));
      const high = v128.or(
        i16x8.shl(v128.and(v128.load(from, 64), mask), 4),
        i16x8.shl(v128.and(v128.load(from, 96), mask), 6),
      );
      v128.store(target + (half << 5) + i, v128.or(low, high));
    }
  }
}

export function unpackPairs(source: usize, codes: usize): void {
  const mask = i8x16.splat(3);
  for (let half: usize = 0; half < 2; half++) {
    for (let i: usize = 0; i < 32; i += 16) {
      const packed = v128.load(source + (half << 5) + i);
      const to = codes + (half << 7) + i;
      v128.store(to, v128.and(packed, mask));
      v128.store(to, v128.and(i16x8.shr_u(packed, 2), mask), 32);
      v128.store(to, v128.and(i16x8.shr_u(packed, 4), mask), 64);
      v128.store(to, v128.and(i16x8.shr_u(packed, 6), mask), 96);
    }
  }
}

/** Four bits a code: of each 64 codes the first 32 take the lower nibbles of 32 bytes. */
export function packNibbles(codes: usize, target: usize): void {
  const mask = i8x16.splat(15);
  for (let part: usize = 0; part < 4; part++) {
    for (let i: usize = 0; i < 32; i += 16) {
      const from = codes + (part << 6) + i;
      const high = i16x8.shl(v128.and(v128.load(from, 32), mask), 4);
      v128.store(target + (part << 5) + i, v128.or(v128.and(v128.load(from), mask), high));
    }
  }
}

export function unpackNibbles(source: usize, codes: usize): void {
  const mask = i8x16.splat(15);
  for (let part: usize = 0; part < 4; part++) {
    for (let i: usize = 0; i < 32; i += 16) {
      const packed = v128.load(source + (part << 5) + i);
      const to = codes + (part << 6) + i;
      v128.store(to, v128.and(packed, mask));
      v128.store(to, v128.and(i16x8.shr_u(packed, 4), mask), 32);
    }
  }
}

/** One bit of each code into 32 bytes: bit j of byte i is that of code 32 · j + i. */
export function packBitPlane(codes: usize, bit: i32, target: usize): void {
  const mask = i8x16.splat(<i8>bit);
  for (let i: usize = 0; i < 32; i += 16) {
    let plane = i8x16.splat(0);
    for (let j: usize = 0; j < 8; j++) {
      const set = i8x16.eq(v128.and(v128.load(codes + (j << 5) + i), mask), mask);
      const place: i32 = 1 << <i32>j;
      plane = v128.or(plane, v128.and(set, i8x16.splat(<i8>place)));
    }
    v128.store(target + i, plane);
  }
}

/** Adds `bit` to each code whose bit in the plane is set. */
export function addBitPlane(source: usize, bit: i32, codes: usize): void {
  const add = i8x16.splat(<i8>bit);
  for (let i: usize = 0; i < 32; i += 16) {
    const plane = v128.load(source + i);
    for (let j: usize = 0; j < 8; j++) {
      const place: i32 = 1 << <i32>j;
      const mask = i8x16.splat(<i8>place);
      const to = codes + (j << 5) + i;
      v128.store(to, v128.or(v128.load(to), v128.and(i8x16.eq(v128.and(plane, mask), mask), add)));
    }
  }
}
