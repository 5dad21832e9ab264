// GGUF block types with an importance matrix: rows of weights byte for byte as ggml's code quantizes them when it is told how much the
// errors of each column weigh (a build without fused multiply-add, as it is shipped for x86-64). A module of its own.
import { decodeBf16, decodeF16 } from '../decode';
import { Dtype } from '../dtype';
import { compare } from '../gguf/compare';
import { dequantizeBlocks } from '../gguf/dequantize';
import { fillLevels } from '../gguf/iq4-nl';
import { BLOCKS } from '../gguf/job';
import { CHUNK_VALUES, Scratch } from '../gguf/scratch';
import { GgmlType, blockBytes, blockValues } from '../gguf/types';
import { wildBlocks } from '../gguf/validate';
import { quantizeWeighted32 } from './blocks-of-32';
import { WeightedJob } from './job';
import { Weighted } from './scratch';
import { quantizeWeightedSuperBlock } from './super-blocks';

export function weightedScratchBytes(): usize {
  return Weighted.BYTES;
}

/** @returns blocks whose scale is no finite number, beyond what f16 holds, and rows with weights that are none */
export function quantizeWeighted(pointer: usize): i32 {
  const job = changetype<WeightedJob>(pointer);
  if (job.type == GgmlType.IQ4_NL || job.type == GgmlType.IQ4_XS) fillLevels(job.scratch + Scratch.LEVELS);
  const blocksOfRow = <usize>((job.columns / blockValues(job.type)) * blockBytes(job.type));
  let source = job.source;
  let target = job.blocks;
  let restored = job.restored;
  let wild = 0;
  for (let row = 0; row < job.rows; row++) {
    const x = decodeRow(job, source);
    const blocks = target != 0 ? target : job.row + (<usize>job.columns << 2);
    quantizeRow(job, x, blocks);
    wild += wildBlocks(job.type, blocks, job.columns);
    // A weight that is not finite drowns all others of the search: what is left is a scale of zero, which nobody would notice.
    if (!isFiniteRow(x, job.columns)) wild++;
    if ((restored | job.figures) != 0) compareRow(job, x, blocks, restored);
    source += storedBytes(job.dtype, job.columns);
    if (target != 0) target += blocksOfRow;
    if (restored != 0) restored += <usize>job.columns << 2;
  }
  return wild;
}

function quantizeRow(job: WeightedJob, x: usize, blocks: usize): void {
  if (blockValues(job.type) == 32) {
    quantizeWeighted32(job.type, x, job.importance, job.columns, blocks, job.scratch);
    return;
  }
  const size = <usize>blockBytes(job.type);
  for (let first = 0; first < job.columns; first += 256, blocks += size) {
    const at = <usize>first << 2;
    quantizeWeightedSuperBlock(job.type, x + at, job.importance + at, blocks, job.scratch);
  }
}

/** What the blocks of a row stand for, and how far it is from the row. */
function compareRow(job: WeightedJob, x: usize, blocks: usize, restored: usize): void {
  for (let first = 0; first < job.columns; first += CHUNK_VALUES) {
    const count = min<i32>(CHUNK_VALUES, job.columns - first);
    const at = <usize>first << 2;
    const values = restored != 0 ? restored + at : job.scratch + Scratch.RESTORED;
    dequantizeBlocks(job.type, blocks, values, count, job.scratch);
    if (job.figures != 0) compare(x + at, values, count, false, job.figures, job.columnEnergy + at);
    blocks += <usize>((count / blockValues(job.type)) * blockBytes(job.type));
  }
}

function isFiniteRow(x: usize, columns: i32): bool {
  const exponent = i32x4.splat(0x7f800000);
  let wild = i32x4.splat(0);
  for (let at = x; at < x + (<usize>columns << 2); at += 16) {
    wild = v128.or(wild, i32x4.eq(v128.and(v128.load(at), exponent), exponent));
  }
  return !v128.any_true(wild);
}

function storedBytes(dtype: i32, count: i32): usize {
  if (dtype < BLOCKS) return <usize>count << (dtype == Dtype.F32 ? 2 : 1);
  const type = dtype - BLOCKS;
  return <usize>((count / blockValues(type)) * blockBytes(type));
}

/** @returns where the f32 values lie */
function decodeRow(job: WeightedJob, source: usize): usize {
  if (job.dtype == Dtype.F32) return source;
  if (job.dtype == Dtype.F16) decodeF16(source, job.row, job.columns);
  else if (job.dtype == Dtype.BF16) decodeBf16(source, job.row, job.columns);
  else dequantizeBlocks(job.dtype - BLOCKS, source, job.row, job.columns, job.scratch);
  return job.row;
}
