// GGUF block types: quantizing and restoring rows of weights, byte for byte as ggml's reference code does without an importance matrix
// (a build without fused multiply-add, as it is shipped for x86-64).
import { decodeBf16, decodeF16 } from '../decode';
import { Dtype } from '../dtype';
import { quantize32 } from './blocks-of-32';
import { compare } from './compare';
import { dequantizeBlocks } from './dequantize';
import { GgufJob } from './job';
import { fillLevels, quantizeIq4Nl } from './iq4-nl';
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
  const width: usize = job.dtype == Dtype.F32 ? 4 : 2;
  if (job.type == GgmlType.IQ4_NL) fillLevels(job.scratch + Scratch.LEVELS);
  let source = job.source;
  let target = job.blocks;
  let restored = job.restored;
  for (let row = 0; row < job.rows; row++) {
    for (let first = 0; first < job.columns; first += CHUNK_VALUES) {
      const count = min<i32>(CHUNK_VALUES, job.columns - first);
      const bytes = <usize>((count / blockValues(job.type)) * blockBytes(job.type));
      const x = decodeChunk(job, source, count);
      const finite = allFinite(x, count);
      const blocks = target != 0 ? target : job.scratch + Scratch.BLOCKS;
      quantizeChunk(job.type, x, blocks, count, finite, job.scratch);
      if (target != 0) wild += wildBlocks(job.type, blocks, count);
      if ((restored | job.figures) != 0) {
        const values = restored != 0 ? restored : job.scratch + Scratch.RESTORED;
        dequantizeBlocks(job.type, blocks, values, count, job.scratch);
        if (job.figures != 0) compare(x, values, count, finite, job.figures, job.columnEnergy + (<usize>first << 2));
      }
      source += <usize>count * width;
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

function decodeChunk(job: GgufJob, source: usize, count: i32): usize {
  if (job.dtype == Dtype.F32) return source;
  const values = job.scratch + Scratch.VALUES;
  if (job.dtype == Dtype.BF16) decodeBf16(source, values, count);
  else decodeF16(source, values, count);
  return values;
}

function allFinite(x: usize, count: i32): bool {
  const exponent = i32x4.splat(0x7f800000);
  let wild = i32x4.splat(0);
  for (let at: usize = 0; at < <usize>count << 2; at += 16) {
    wild = v128.or(wild, i32x4.eq(v128.and(v128.load(x + at), exponent), exponent));
  }
  return !v128.any_true(wild);
}

function quantizeChunk(type: i32, x: usize, blocks: usize, count: i32, finite: bool, scratch: usize): void {
  if (type == GgmlType.IQ4_NL) quantizeIq4Nl(x, blocks, count, finite, scratch);
  else if (blockValues(type) == 32) quantize32(type, x, blocks, count, finite);
  else quantizeSuperBlocks(type, x, blocks, count, scratch);
}
