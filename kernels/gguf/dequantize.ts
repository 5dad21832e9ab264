// Blocks to f32: `dequantize_row_*` of ggml-quants.c.
import { loadF16 } from './arithmetic';
import { addBitPlane, restore, unpackNibbles, unpackPairs } from './codes';
import { levelOf } from './iq4-nl';
import { Scratch } from './scratch';
import { minAt, scaleAt, scaleOf16, unpackSixBits } from './super-blocks';
import { GgmlType, blockBytes, blockValues } from './types';

/** `count` values (whole blocks) to f32. */
export function dequantizeBlocks(type: i32, blocks: usize, values: usize, count: i32, scratch: usize): void {
  const size = blockBytes(type);
  const length = blockValues(type);
  for (let i = 0; i < count; i += length, blocks += size, values += <usize>length << 2) {
    switch (type) {
      case GgmlType.Q8_0:
        dequantizeQ8_0(blocks, values);
        break;
      case GgmlType.Q2_K:
        dequantizeQ2K(blocks, values, scratch);
        break;
      case GgmlType.Q3_K:
        dequantizeQ3K(blocks, values, scratch);
        break;
      case GgmlType.Q4_K:
      case GgmlType.Q5_K:
        dequantizeQ45K(blocks, values, scratch, type == GgmlType.Q5_K);
        break;
      case GgmlType.Q6_K:
        dequantizeQ6K(blocks, values, scratch);
        break;
      case GgmlType.IQ4_NL:
        dequantizeIq4Nl(blocks, values);
        break;
      default:
        dequantizeNibbles(type, blocks, values, scratch);
    }
  }
}

function dequantizeQ8_0(block: usize, values: usize): void {
  const d = f32x4.splat(loadF16(block));
  for (let i: usize = 0; i < 32; i += 8) {
    const wide = v128.load_ext<i8>(block + 2 + i);
    const at = values + (i << 2);
    v128.store(at, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(wide)), d));
    v128.store(at, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(wide)), d), 16);
  }
}

/** One block of Q4_0, Q4_1, Q5_0 or Q5_1. */
export function dequantizeNibbles(type: i32, block: usize, values: usize, scratch: usize): void {
  const symmetric = type == GgmlType.Q4_0 || type == GgmlType.Q5_0;
  const five = type == GgmlType.Q5_0 || type == GgmlType.Q5_1;
  const codes = scratch + Scratch.CODES;
  const packed = v128.load(block + blockBytes(type) - 16);
  const mask = i8x16.splat(15);
  let low = v128.and(packed, mask);
  let high = v128.and(i16x8.shr_u(packed, 4), mask);
  if (five) {
    const bits = block + (symmetric ? 2 : 4);
    low = v128.or(low, fifthBits(load<u16>(bits)));
    high = v128.or(high, fifthBits(load<u16>(bits, 2)));
  }
  v128.store(codes, low);
  v128.store(codes, high, 16);
  restore(codes, values, 32, symmetric ? (five ? 16 : 8) : 0, loadF16(block), symmetric ? 0 : -loadF16(block + 2));
}

/** 16 in each byte whose bit is set. */
function fifthBits(bits: i32): v128 {
  const spread = i8x16.shuffle(i16x8.splat(<i16>bits), i16x8.splat(<i16>bits), 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
  const mask = i64x2.splat(0x8040201008040201);
  return v128.and(i8x16.eq(v128.and(spread, mask), mask), i8x16.splat(16));
}

function dequantizeIq4Nl(block: usize, values: usize): void {
  const d = loadF16(block);
  for (let j: usize = 0; j < 16; j++) {
    const packed = <i32>load<u8>(block + j, 2);
    store<f32>(values + (j << 2), d * <f32>levelOf(packed & 15));
    store<f32>(values + (j << 2), d * <f32>levelOf(packed >> 4), 64);
  }
}

function dequantizeQ2K(block: usize, values: usize, scratch: usize): void {
  const codes = scratch + Scratch.CODES;
  const d = loadF16(block + 80);
  const dmin = loadF16(block + 82);
  unpackPairs(block + 16, codes);
  for (let j: usize = 0; j < 16; j++) {
    const packed = <i32>load<u8>(block + j);
    restore(codes + (j << 4), values + (j << 6), 16, 0, d * <f32>(packed & 15), dmin * <f32>(packed >> 4));
  }
}

function dequantizeQ3K(block: usize, values: usize, scratch: usize): void {
  const codes = scratch + Scratch.CODES;
  const d = loadF16(block + 108);
  unpackPairs(block + 32, codes);
  addBitPlane(block, 4, codes);
  for (let j: usize = 0; j < 16; j++) {
    restore(codes + (j << 4), values + (j << 6), 16, 4, d * <f32>(scaleOf16(block + 96, j) - 32), 0);
  }
}

function dequantizeQ45K(block: usize, values: usize, scratch: usize, five: bool): void {
  const codes = scratch + Scratch.CODES;
  const d = loadF16(block);
  const dmin = loadF16(block + 2);
  unpackNibbles(block + (five ? 48 : 16), codes);
  if (five) addBitPlane(block + 16, 16, codes);
  for (let j: usize = 0; j < 8; j++) {
    const scale = d * <f32>scaleAt(block + 4, j);
    restore(codes + (j << 5), values + (j << 7), 32, 0, scale, dmin * <f32>minAt(block + 4, j));
  }
}

function dequantizeQ6K(block: usize, values: usize, scratch: usize): void {
  const codes = scratch + Scratch.CODES;
  const d = loadF16(block + 208);
  unpackSixBits(block, codes);
  for (let j: usize = 0; j < 16; j++) {
    restore(codes + (j << 4), values + (j << 6), 16, 32, d * <f32>load<i8>(block + j, 192), 0);
  }
}
