// Blocks to f32: `dequantize_row_*` of ggml-quants.c.
import { loadF16 } from './arithmetic';
import { addBitPlane, restore, unpackNibbles, unpackPairs } from './codes';
import { levelOf } from './iq4-nl';
import { dequantizeIq4Xs } from './iq4-xs';
import { restore32 } from './restore-32';
import { Scratch } from './scratch';
import { minAt, scaleAt, scaleOf16, unpackSixBits } from './super-blocks';
import { GgmlType, blockBytes, blockValues } from './types';

/** `count` values (whole blocks) to f32. */
export function dequantizeBlocks(type: i32, blocks: usize, values: usize, count: i32, scratch: usize): void {
  const size = blockBytes(type);
  const length = blockValues(type);
  if (length == 32 && type != GgmlType.IQ4_NL) {
    restore32(type, blocks, values, count);
    return;
  }
  for (let i = 0; i < count; i += length, blocks += size, values += <usize>length << 2) {
    switch (type) {
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
      case GgmlType.IQ4_XS:
        dequantizeIq4Xs(blocks, values);
        break;
      default:
        dequantizeIq4Nl(blocks, values);
    }
  }
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
