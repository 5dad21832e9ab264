// Stored weights to f32 and back. Widenings are exact; narrowings round to nearest, ties to even, as PyTorch's casts.
import { BF16, F16, bf16Bits, f16Bits, load1, roundSigned4, store4, widenF16 } from './dtype';
import { e4m3Byte, e4m3IeeeByte, e4m3IeeeValue, e4m3Value, e5m2Value } from './fp8';

/** `count` bf16 values to f32. */
export function decodeBf16(source: usize, target: usize, count: i32): void {
  const zero = i16x8.splat(0);
  let i = 0;
  for (; i <= count - 8; i += 8) {
    const packed = v128.load(source + (<usize>i << 1));
    const at = target + (<usize>i << 2);
    v128.store(at, i8x16.shuffle(zero, packed, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23));
    v128.store(at, i8x16.shuffle(zero, packed, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31), 16);
  }
  for (; i < count; i++) store<f32>(target + (<usize>i << 2), load1<BF16>(source + (<usize>i << 1)));
}

/** `count` f16 values to f32. */
export function decodeF16(source: usize, target: usize, count: i32): void {
  const special = i32x4.splat(0x7c00);
  let i = 0;
  for (; i <= count - 4; i += 4) {
    const wide = v128.load_ext<u16>(source + (<usize>i << 1));
    const isSpecial = i32x4.eq(v128.and(wide, special), special);
    v128.store(target + (<usize>i << 2), v128.or(widenF16(wide), v128.and(isSpecial, i32x4.splat(0x7f800000))));
  }
  for (; i < count; i++) store<f32>(target + (<usize>i << 2), load1<F16>(source + (<usize>i << 1)));
}

/** `count` E4M3FN bytes to f32. */
export function decodeE4m3(source: usize, target: usize, count: i32): void {
  for (let i = 0; i < count; i++) store<f32>(target + (<usize>i << 2), e4m3Value(load<u8>(source + i)));
}

/** `count` IEEE-style E4M3 bytes to f32. */
export function decodeE4m3Ieee(source: usize, target: usize, count: i32): void {
  for (let i = 0; i < count; i++) store<f32>(target + (<usize>i << 2), e4m3IeeeValue(load<u8>(source + i)));
}

/** `count` E5M2 bytes to f32. */
export function decodeE5m2(source: usize, target: usize, count: i32): void {
  for (let i = 0; i < count; i++) store<f32>(target + (<usize>i << 2), e5m2Value(load<u8>(source + i)));
}

/** `count` f32 to bf16. */
export function encodeBf16(source: usize, target: usize, count: i32): void {
  let i = 0;
  for (; i <= count - 4; i += 4) {
    const x = v128.load(source + (<usize>i << 2));
    const at = target + (<usize>i << 1);
    if (inRange(x, Infinity)) {
      const odd = v128.and(i32x4.shr_u(x, 16), i32x4.splat(1));
      store4<BF16>(at, i32x4.add(x, i32x4.add(odd, i32x4.splat(0x7fff))));
    } else for (let k = 0; k < 4; k++) store<u16>(at + (k << 1), bf16Bits(load<f32>(source + (<usize>(i + k) << 2))));
  }
  for (; i < count; i++) store<u16>(target + (<usize>i << 1), bf16Bits(load<f32>(source + (<usize>i << 2))));
}

/** `count` f32 to f16. */
export function encodeF16(source: usize, target: usize, count: i32): void {
  let i = 0;
  for (; i <= count - 4; i += 4) {
    const x = v128.load(source + (<usize>i << 2));
    const at = target + (<usize>i << 1);
    if (inRange(x, 65504)) store4<F16>(at, roundSigned4<F16>(x));
    else for (let k = 0; k < 4; k++) store<u16>(at + (k << 1), f16Bits(load<f32>(source + (<usize>(i + k) << 2))));
  }
  for (; i < count; i++) store<u16>(target + (<usize>i << 1), f16Bits(load<f32>(source + (<usize>i << 2))));
}

/** Are all four magnitudes at most `limit`, and none NaN? */
// @ts-ignore: decorator
@inline
function inRange(x: v128, limit: f32): bool {
  return i32x4.all_true(f32x4.le(f32x4.abs(x), f32x4.splat(limit)));
}

/** `count` f32 to E4M3FN bytes, saturating at 448. */
export function encodeE4m3(source: usize, target: usize, count: i32): void {
  for (let i = 0; i < count; i++) store<u8>(target + i, e4m3Byte(load<f32>(source + (<usize>i << 2))));
}

/** `count` f32 to IEEE-style E4M3 bytes; from 248 upwards: infinity. */
export function encodeE4m3Ieee(source: usize, target: usize, count: i32): void {
  for (let i = 0; i < count; i++) store<u8>(target + i, e4m3IeeeByte(load<f32>(source + (<usize>i << 2))));
}
