// A super-block turned so that four sub-blocks lie in the four lanes of a vector. Each lane then adds its sub-block's terms in
// the C code's order, which is what makes the results equal to the last bit.

/**
 * Turns `groups` groups of four sub-blocks of `length` values each. Value i of group g goes to `target + (i · groups + g) · 16`.
 */
export function toLanes(source: usize, target: usize, groups: i32, length: i32): void {
  const stride = <usize>length << 2;
  const step = <usize>groups << 4;
  for (let group = 0; group < groups; group++) {
    let from = source + <usize>group * stride * 4;
    let to = target + (<usize>group << 4);
    for (let i = 0; i < length; i += 4, from += 16, to += step << 2) {
      const a = v128.load(from);
      const b = v128.load(from + stride);
      const c = v128.load(from + stride * 2);
      const d = v128.load(from + stride * 3);
      const ab = i8x16.shuffle(a, b, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
      const cd = i8x16.shuffle(c, d, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
      const ab2 = i8x16.shuffle(a, b, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
      const cd2 = i8x16.shuffle(c, d, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
      v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
      v128.store(to + step, i64x2.shuffle(ab, cd, 1, 3));
      v128.store(to + step * 2, i64x2.shuffle(ab2, cd2, 0, 2));
      v128.store(to + step * 3, i64x2.shuffle(ab2, cd2, 1, 3));
    }
  }
}
