// Q4_0, Q4_1, Q5_0, Q5_1 and IQ4_NL with an importance matrix: `quantize_row_*_impl` of ggml-quants.c, eight blocks at a time.
import { f16Bits } from '../dtype';
import { codesByProduct } from '../gguf/codes';
import { searchFour, writeBlock } from '../gguf/iq4-nl';
import { toLanes } from '../gguf/lanes';
import { Scratch } from '../gguf/scratch';
import { Given, searchScale } from '../gguf/search-scale';
import { Fast, FineSquares, searchForCodes } from '../gguf/search-scale-and-min';
import { Slot } from '../gguf/search-slot';
import { GgmlType, blockBytes } from '../gguf/types';
import { SLOT_VALUES, Weighted } from './scratch';
import { FIRST_STRETCH, STEPS } from './super-blocks';
import { sumOfSquares, weigh } from './weights';

/** A row of `columns` values, a multiple of 32. */
export function quantizeWeighted32(
  type: i32,
  x: usize,
  importance: usize,
  columns: i32,
  blocks: usize,
  scratch: usize,
): void {
  const size = <usize>blockBytes(type);
  const sigma2: f32 = sumOfSquares(x, columns) / <f32>columns;
  for (let first = 0; first < columns; first += SLOT_VALUES) {
    const held = min<i32>(SLOT_VALUES, columns - first);
    const at = <usize>first << 2;
    quantizeSlot(type, x + at, importance + at, held, sigma2, blocks + <usize>(first >> 5) * size, scratch);
  }
}

/** Up to eight blocks; what is missing is taken as zero. */
function quantizeSlot(type: i32, x: usize, importance: usize, held: i32, sigma2: f32, blocks: usize, scratch: usize): void {
  const values = scratch + Weighted.VALUES;
  const weights = scratch + Weighted.WEIGHTS;
  const slot = scratch + Scratch.SLOTS;
  if (held < SLOT_VALUES) {
    memory.fill(values, 0, SLOT_VALUES << 2);
    memory.copy(values, x, <usize>held << 2);
    memory.fill(weights, 0, SLOT_VALUES << 2);
    memory.copy(weights, importance, <usize>held << 2);
    x = values;
    // The weights take the importance's place one by one.
    importance = weights;
  }
  if (type == GgmlType.IQ4_NL) {
    quantizeIq4Nl(x, importance, held, blocks, scratch);
    return;
  }
  weigh(x, importance, sigma2, scratch);
  toLanes(x, slot + Slot.LANES, 2, 32);
  toLanes(weights, slot + Slot.WEIGHTS, 2, 32);
  const symmetric = type == GgmlType.Q4_0 || type == GgmlType.Q5_0;
  const five = type == GgmlType.Q5_0 || type == GgmlType.Q5_1;
  if (symmetric) searchScale<Fast, Given>(slot, scratch, 32, five ? 16 : 8, 0);
  else searchForCodes<FineSquares>(slot, 32, five ? 31 : 15, FIRST_STRETCH, STEPS);
  const codes = scratch + Scratch.CODES;
  for (let j: usize = 0; j < <usize>(held >> 5); j++, x += 128, blocks += <usize>blockBytes(type)) {
    const lane = j << 2;
    if (symmetric) {
      store<u16>(blocks, f16Bits(load<f32>(scratch + lane, Scratch.SCALES)));
      const reach = five ? 16 : 8;
      if (load<i32>(scratch + lane, Scratch.EMPTY) != 0) memory.fill(codes, 0, 32);
      else codesByProduct(x, codes, 32, load<f32>(scratch + lane, Scratch.SEARCH_SCALES), 0, -reach, reach - 1);
    } else {
      store<u16>(blocks, f16Bits(load<f32>(slot + lane, Slot.SCALE)));
      store<u16>(blocks, f16Bits(-load<f32>(slot + lane, Slot.MIN)), 2);
      const factor = load<f32>(slot + lane, Slot.USED_FACTOR);
      codesByProduct(x, codes, 32, factor, load<f32>(slot + lane, Slot.USED_MIN), 0, five ? 31 : 15);
    }
    packCodes(codes, blocks + (symmetric ? 2 : 4), five);
  }
}

/** 32 codes of four or five bits: the fifth ones first, then values j and j + 16 in a byte. */
function packCodes(codes: usize, target: usize, five: bool): void {
  const lower = v128.load(codes);
  const upper = v128.load(codes, 16);
  if (five) {
    // The fifth bit as the sign: it is the highest that a code has.
    store<u32>(target, i8x16.bitmask(i8x16.shl(lower, 3)) | (i8x16.bitmask(i8x16.shl(upper, 3)) << 16));
    target += 4;
  }
  const nibble = i8x16.splat(15);
  v128.store(target, v128.or(v128.and(lower, nibble), i8x16.shl(v128.and(upper, nibble), 4)));
}

const IQ4_NL_BYTES: usize = 18;

/** IQ4_NL looks at the spread of each block by itself, and searches four of them in the lanes. */
function quantizeIq4Nl(x: usize, importance: usize, held: i32, blocks: usize, scratch: usize): void {
  const weights = scratch + Weighted.WEIGHTS;
  const slot = scratch + Scratch.SLOTS;
  for (let j: usize = 0; j < <usize>(held >> 5); j++) weighBlock(x + (j << 7), importance + (j << 7), weights + (j << 7));
  for (let first = 0; first < held; first += 128) {
    const at = <usize>first << 2;
    toLanes(x + at, slot + Slot.LANES, 1, 32);
    toLanes(weights + at, slot + Slot.WEIGHTS, 1, 32);
    searchFour(scratch);
    const count = <usize>(min<i32>(128, held - first) >> 5);
    for (let k: usize = 0; k < count; k++, blocks += IQ4_NL_BYTES) {
      writeBlock(x + at + (k << 7), blocks, load<f32>(scratch + (k << 2), Scratch.SCALES));
    }
  }
}

function weighBlock(x: usize, importance: usize, weights: usize): void {
  const spread = f32x4.splat(sumOfSquares(x, 32) * <f32>0.0625);
  for (let at: usize = 0; at < 128; at += 16) {
    const v = v128.load(x + at);
    const root = f32x4.sqrt(f32x4.add(spread, f32x4.mul(v, v)));
    v128.store(weights + at, f32x4.mul(v128.load(importance + at), root));
  }
}
