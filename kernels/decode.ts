// Stored weights to f32. All widenings here are exact.

/** `count` bf16 values to f32: a bf16 is the upper half of an f32. */
export function decodeBf16(source: usize, target: usize, count: i32): void {
  const zero = i16x8.splat(0);
  let i = 0;
  for (; i <= count - 8; i += 8) {
    const packed = v128.load(source + (<usize>i << 1));
    const at = target + (<usize>i << 2);
    v128.store(at, i8x16.shuffle(zero, packed, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23));
    v128.store(at, i8x16.shuffle(zero, packed, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31), 16);
  }
  for (; i < count; i++) store<u32>(target + (<usize>i << 2), <u32>load<u16>(source + (<usize>i << 1)) << 16);
}
