// GGUF block types: quantizing and restoring rows of weights, byte for byte as ggml's reference code does without an importance matrix
// (a build without fused multiply-add, as it is shipped for x86-64).
import { decodeF16 } from '../decode';
import { Dtype } from '../dtype';
import { quantize32 } from './blocks-of-32';
import { compare } from './compare';
import { dequantizeBlocks } from './dequantize';
import { BLOCKS, GgufJob } from './job';
import { fillLevels, quantizeIq4Nl } from './iq4-nl';
import { quantizeIq4Xs } from './iq4-xs';
import { requantize, requantizes } from './requantize-nibbles';
import { restore32 } from './restore-32';
import { CHUNK_VALUES, Scratch } from './scratch';
import { quantizeSuperBlocks } from './super-blocks';
import { GgmlType, blockBytes, blockValues } from './types';
import { wildBlocks } from './validate';

export function ggufScratchBytes(): usize {
  return Scratch.BYTES;
}

/** @returns blocks whose scale is no finite number: of weights that are not, or beyond what f16 holds */
export function quantizeGguf(pointer: usize): i32 {
  let wild = 0;
  const job = changetype<GgufJob>(pointer);
  if (job.type == GgmlType.IQ4_NL || job.type == GgmlType.IQ4_XS) fillLevels(job.scratch + Scratch.LEVELS);
  let source = job.source;
  let target = job.blocks;
  let restored = job.restored;
  const stored = job.dtype - BLOCKS;
  const straight = target != 0 && (restored | job.figures) == 0 && requantizes(stored, job.type);
  for (let row = 0; row < job.rows; row++) {
    for (let first = 0; first < job.columns; first += CHUNK_VALUES) {
      const count = min<i32>(CHUNK_VALUES, job.columns - first);
      const bytes = <usize>((count / blockValues(job.type)) * blockBytes(job.type));
      const blocks = target != 0 ? target : job.scratch + Scratch.BLOCKS;
      let x: usize = 0;
      if (straight) chunkMagnitude = requantize(stored, job.type, source, blocks, count, job.scratch + Scratch.VALUES);
      else {
        x = decodeChunk(job, source, count);
        quantizeChunk(job.type, x, blocks, count, chunkMagnitude, job.scratch);
      }
      const largest = chunkMagnitude;
      const finite = largest < Infinity;
      if (target != 0 && !(largest < LARGEST_SAFE)) wild += wildBlocks(job.type, blocks, count);
      if ((restored | job.figures) != 0) {
        const values = restored != 0 ? restored : job.scratch + Scratch.RESTORED;
        dequantizeBlocks(job.type, blocks, values, count, job.scratch);
        if (job.figures != 0) compare(x, values, count, finite, job.figures, job.columnEnergy + (<usize>first << 2));
      }
      source += storedBytes(job.dtype, count);
      if (target != 0) target += bytes;
      if (restored != 0) restored += <usize>count << 2;
    }
  }
  return wild;
}

/** Are `count` f32 all finite? */
export function finiteValues(values: usize, count: i32): bool {
  const whole = count & ~3;
  for (let i = whole; i < count; i++) if (!isFinite<f32>(load<f32>(values + (<usize>i << 2)))) return false;
  return allFinite(values, whole);
}

/** `count` values of whole blocks to f32. */
export function dequantizeGguf(type: i32, blocks: usize, values: usize, count: i32, scratch: usize): void {
  dequantizeBlocks(type, blocks, values, count, scratch);
}

/** Scales of smaller weights lie within f16. */
const LARGEST_SAFE: f32 = 32768;

/** What no magnitude of the chunk that was decoded last exceeds; infinite or NaN where a value is. */
let chunkMagnitude: f32 = 0;

function storedBytes(dtype: i32, count: i32): usize {
  if (dtype < BLOCKS) return <usize>count << (dtype == Dtype.F32 ? 2 : 1);
  const type = dtype - BLOCKS;
  return <usize>((count / blockValues(type)) * blockBytes(type));
}

/** @returns where the f32 values lie; sets `chunkMagnitude` */
function decodeChunk(job: GgufJob, source: usize, count: i32): usize {
  if (job.dtype == Dtype.F32) {
    chunkMagnitude = magnitudeOf(source, count);
    return source;
  }
  const values = job.scratch + Scratch.VALUES;
  const type = job.dtype - BLOCKS;
  if (type >= 0 && blockValues(type) == 32 && type != GgmlType.IQ4_NL) {
    chunkMagnitude = restore32(type, source, values, count);
    return values;
  }
  if (job.dtype == Dtype.F16 || job.dtype >= BLOCKS) {
    if (job.dtype == Dtype.F16) decodeF16(source, values, count);
    else dequantizeBlocks(type, source, values, count, job.scratch);
    chunkMagnitude = magnitudeOf(values, count);
    return values;
  }
  const zero = i16x8.splat(0);
  const mask = i16x8.splat(0x7fff);
  let largest = zero;
  for (let i: usize = 0; i < <usize>count; i += 16) {
    const a = v128.load(source + (i << 1));
    const b = v128.load(source + (i << 1), 16);
    // Magnitudes of floats are in the order of their bits.
    largest = i16x8.max_s(largest, i16x8.max_s(v128.and(a, mask), v128.and(b, mask)));
    const to = values + (i << 2);
    v128.store(to, i8x16.shuffle(zero, a, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23));
    v128.store(to, i8x16.shuffle(zero, a, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31), 16);
    v128.store(to, i8x16.shuffle(zero, b, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23), 32);
    v128.store(to, i8x16.shuffle(zero, b, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31), 48);
  }
  const wide = i32x4.max_s(i32x4.extend_low_i16x8_u(largest), i32x4.extend_high_i16x8_u(largest));
  chunkMagnitude = fromBits(largestLane(wide) << 16);
  return values;
}

function magnitudeOf(values: usize, count: i32): f32 {
  const mask = i32x4.splat(0x7fffffff);
  let largest = i32x4.splat(0);
  for (let at: usize = 0; at < <usize>count << 2; at += 32) {
    const a = v128.and(v128.load(values + at), mask);
    largest = i32x4.max_s(largest, i32x4.max_s(a, v128.and(v128.load(values + at, 16), mask)));
  }
  return fromBits(largestLane(largest));
}

function largestLane(v: v128): i32 {
  const low = max<i32>(i32x4.extract_lane(v, 0), i32x4.extract_lane(v, 1));
  return max<i32>(low, max<i32>(i32x4.extract_lane(v, 2), i32x4.extract_lane(v, 3)));
}

/** The magnitude with these bits; infinity for a NaN. */
function fromBits(bits: i32): f32 {
  return reinterpret<f32>(min<i32>(bits, 0x7f800000));
}

function allFinite(x: usize, count: i32): bool {
  const exponent = i32x4.splat(0x7f800000);
  let wild = i32x4.splat(0);
  for (let at: usize = 0; at < <usize>count << 2; at += 16) {
    wild = v128.or(wild, i32x4.eq(v128.and(v128.load(x + at), exponent), exponent));
  }
  return !v128.any_true(wild);
}

function quantizeChunk(type: i32, x: usize, blocks: usize, count: i32, largest: f32, scratch: usize): void {
  const finite = largest < Infinity;
  if (type == GgmlType.IQ4_NL) quantizeIq4Nl(x, blocks, count, finite, scratch);
  else if (type == GgmlType.IQ4_XS) quantizeIq4Xs(x, blocks, count, finite, scratch);
  else if (blockValues(type) == 32) quantize32(type, x, blocks, count, finite);
  else quantizeSuperBlocks(type, x, blocks, count, largest, scratch);
}
