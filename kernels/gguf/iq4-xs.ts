// IQ4_XS: 256 values in eight blocks of IQ4_NL's levels, whose scales are stored in six bits each. `quantize_row_iq4_nl_impl` of
// ggml-quants.c for super-blocks.
import { f16Bits } from '../dtype';
import { loadF16, nearestInt } from './arithmetic';
import { levelOf, nearestLevel, scaleOfAny, searchFourBySquares } from './iq4-nl';
import { toLanes } from './lanes';
import { Scratch } from './scratch';

const BLOCK_BYTES: usize = 136;

/** Offsets in a block: the upper two bits of its scales, the lower four, and the codes. */
const SCALES_HIGH: usize = 2;
const SCALES_LOW: usize = 4;
const CODES: usize = 8;

/** @param finite no value is NaN or infinite */
export function quantizeIq4Xs(x: usize, blocks: usize, count: i32, finite: bool, scratch: usize): void {
  const scales = scratch + Scratch.SEARCH_SCALES;
  for (let i = 0; i < count; i += 256, x += 1024, blocks += BLOCK_BYTES) {
    if (finite) {
      for (let half: usize = 0; half < 2; half++) {
        toLanes(x + (half << 9), scratch + Scratch.LANES, 1, 32);
        searchFourBySquares(scratch);
        v128.store(scales + (half << 4), v128.load(scratch, Scratch.SCALES));
      }
    } else for (let j: usize = 0; j < 8; j++) store<f32>(scales + (j << 2), scaleOfAny(x + (j << 7)));
    writeIq4Xs(x, blocks, scales);
  }
}

/**
 * A block with the scales that were found, and the codes that follow from them.
 *
 * @param scales eight f32
 */
export function writeIq4Xs(x: usize, block: usize, scales: usize): void {
  let largest: f32 = 0;
  let extreme: f32 = 0;
  for (let j: usize = 0; j < 32; j += 4) {
    const scale = load<f32>(scales + j);
    if (abs<f32>(scale) > largest) {
      largest = abs<f32>(scale);
      extreme = scale;
    }
  }
  const d: f32 = -extreme / 32;
  // The codes follow from the scale before it is rounded to 16 bits.
  const inverse: f32 = d != 0 ? <f32>1 / d : 0;
  memory.fill(block, 0, CODES);
  store<u16>(block, f16Bits(d));
  for (let j: usize = 0; j < 8; j++) {
    const six = max<i32>(-32, min<i32>(31, nearestInt(inverse * load<f32>(scales + (j << 2)))));
    const step: f32 = d * <f32>six;
    const factor: f32 = step != 0 ? <f32>1 / step : 0;
    for (let i: usize = 0; i < 16; i++) {
      const at = x + (j << 7) + (i << 2);
      const codes = nearestLevel(factor * load<f32>(at)) | (nearestLevel(factor * load<f32>(at, 64)) << 4);
      store<u8>(block + (j << 4) + i, <u8>codes, CODES);
    }
    const stored = six + 32;
    const low = block + SCALES_LOW + (j >> 1);
    store<u8>(low, <u8>(<i32>load<u8>(low) | ((stored & 15) << <i32>((j & 1) << 2))));
    const high = <i32>load<u16>(block, SCALES_HIGH) | ((stored >> 4) << <i32>(j << 1));
    store<u16>(block, <u16>high, SCALES_HIGH);
  }
}

export function dequantizeIq4Xs(block: usize, values: usize): void {
  const d = loadF16(block);
  for (let j: usize = 0; j < 8; j++) {
    const low = (<i32>load<u8>(block + (j >> 1), SCALES_LOW) >> <i32>((j & 1) << 2)) & 15;
    const high = (<i32>load<u16>(block, SCALES_HIGH) >> <i32>(j << 1)) & 3;
    const step: f32 = d * <f32>((low | (high << 4)) - 32);
    for (let i: usize = 0; i < 16; i++) {
      const packed = <i32>load<u8>(block + (j << 4) + i, CODES);
      const to = values + (j << 7) + (i << 2);
      store<f32>(to, step * <f32>levelOf(packed & 15));
      store<f32>(to, step * <f32>levelOf(packed >> 4), 64);
    }
  }
}
