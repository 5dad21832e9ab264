import { closeSync, openSync, writeSync } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import { FormatError } from '../../errors';
import { searchAwqScales } from '../awq/search';
import { factorForGptqModel } from '../gptq/gptqmodel';
import type { GroupLayer } from '../groups/task';
import { KernelEngine } from '../kernels/engine';
import { createKernelMemory } from '../kernels/memory';
import type { WasmModule } from '../kernels/webassembly';
import { roundTo } from '../rows/arithmetic';
import { castMatrix } from '../rows/cast';
import { decodeFloats, encodeFloats } from '../rows/encode';
import { columnAbsMax, smoothingScales } from '../smoothquant/smooth';
import { WEIGHT_BYTES, type Matrix } from '../tensor';
import { serveTasks } from '../worker/serve';
import { openInWorker, type WorkerSource } from '../worker/source';
import { encodeLayer } from './encode';
import type { CopyTask, FactorTask, LayersTask, Target, WriteResult, WriteTask } from './task';

/** What a worker that writes checkpoints starts with. */
export interface WriteWorkerData {
  readonly kind: 'write';
  readonly module: WasmModule;
}

/** SmoothQuant's migration strength: the paper's, and llm-compressor's default. */
const SMOOTHING_STRENGTH = 0.5;
const COPY_BYTES = 4 * 1024 * 1024;

export function serveWrites({ module }: WriteWorkerData, port: MessagePort): void {
  const engine = new KernelEngine(createKernelMemory(), module);
  serveTasks<WriteTask, WriteResult>(port, (task) => {
    if (task.kind === 'factors') return { factors: findFactors(engine, task) };
    if (task.kind === 'copy') copyTensor(engine, task);
    else writeLayers(engine, task);
    return {};
  });
}

function findFactors(engine: KernelEngine, { method, layers, statistics }: FactorTask): Float32Array | undefined {
  const matrices = layers.map(readMatrix);
  if (method.name === 'awq') {
    if (statistics.moments === undefined) return undefined;
    const halves = matrices.map((matrix) => castMatrix(engine, matrix, 'F16'));
    return searchAwqScales(engine, halves, statistics.moments, statistics.absMean, method.args).scales;
  }
  const [{ dtype }] = matrices;
  const range = statistics.highest.map((highest, channel) => roundTo(dtype, highest - statistics.lowest[channel]));
  return smoothingScales(dtype, range, columnAbsMax(engine, matrices), SMOOTHING_STRENGTH);
}

function writeLayers(engine: KernelEngine, { encoding, layers, statistics }: LayersTask): void {
  engine.arena.scoped(() => {
    const hessian =
      encoding.kind === 'gptq' && statistics?.moments !== undefined
        ? factorForGptqModel(engine, statistics.moments, encoding.args)
        : undefined;
    for (const layer of layers) {
      const { columnFactors, rowDivisors, clips } = layer;
      const treatment = { columnFactors, rowDivisors, clips, statistics, hessian };
      for (const [suffix, { data }] of encodeLayer(engine, encoding, readMatrix(layer), treatment)) {
        const target = layer.targets.get(suffix);
        if (target !== undefined) writeTo(target, data);
      }
    }
  });
}

function readMatrix({ path, offset, bytes, dtype, rows, columns }: GroupLayer): Matrix {
  return withSource(path, (source) => {
    const data = new Uint8Array(bytes);
    source.readSync(offset, data);
    return { dtype, rows, columns, data };
  });
}

function copyTensor(engine: KernelEngine, { source: from, target, cast, divide }: CopyTask): void {
  withSource(from.path, (source) => {
    if (divide !== undefined) {
      const data = new Uint8Array(from.bytes);
      source.readSync(from.offset, data);
      writeTo(target, dividedNorm(engine, data, divide, cast?.to));
      return;
    }
    const buffer = new Uint8Array(Math.min(COPY_BYTES, from.bytes));
    for (let done = 0, written = 0; done < from.bytes;) {
      const part = buffer.subarray(0, Math.min(COPY_BYTES, from.bytes - done));
      source.readSync(from.offset + done, part);
      const data = cast === undefined ? part : castBytes(engine, part, cast.from, cast.to);
      writeTo({ ...target, offset: target.offset + written, bytes: data.length }, data);
      done += part.length;
      written += data.length;
    }
  });
}

function castBytes(engine: KernelEngine, data: Uint8Array, from: Matrix['dtype'], to: Matrix['dtype']): Uint8Array {
  return castMatrix(engine, { dtype: from, rows: 1, columns: data.length / WEIGHT_BYTES[from], data }, to).data;
}

/** A norm's weight, so that its output comes out divided. */
function dividedNorm(
  engine: KernelEngine,
  data: Uint8Array,
  { dtype, by, plusOne }: NonNullable<CopyTask['divide']>,
  castTo: Matrix['dtype'] = dtype,
): Uint8Array {
  const shift = plusOne ? 1 : 0;
  const values = decodeFloats(engine, data, dtype).map((value, channel) => (value + shift) / by[channel] - shift);
  return encodeFloats(engine, values, castTo, [values.length]).data;
}

function withSource<Result>(path: string, work: (source: WorkerSource) => Result): Result {
  const source = openInWorker(path);
  try {
    return work(source);
  } finally {
    source.closeSync();
  }
}

function writeTo({ path, offset, bytes }: Target, data: Uint8Array): void {
  if (data.length !== bytes) {
    throw new FormatError('TENSOR_SIZE', `a tensor came out with ${data.length} bytes instead of ${bytes}`, {
      path,
      fix: 'this is a fault in qe: please report it',
    });
  }
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r+');
    for (let done = 0; done < data.length;) {
      done += writeSync(descriptor, data, done, data.length - done, offset + done);
    }
  } catch (cause) {
    const full = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
    throw new FormatError(
      full ? 'TARGET_FULL' : 'TARGET_UNWRITABLE',
      `cannot write ${path}: ${(cause as Error).message}`,
      {
        path,
        fix: full ? 'make room, then run the command again: it goes on where it stopped' : 'check the folder',
        cause,
      },
    );
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
