import type { KernelEngine } from '../kernels/engine';
import { wasm, type WasmModule } from '../kernels/webassembly';
import { writeJob } from '../kernels/write-job';
import { DTYPE_NUMBERS } from '../rows/grid';
import type { WeightDtype } from '../tensor';
import { GGUF_MODULE_BASE64 } from './module.generated';
import { ggufBlock, isGgufQuantizedType, type GgufQuantizedType } from '../../scheme/gguf/quantized-types';

/** What kernels/gguf/index.ts exports. Pointers are byte offsets into the engine's memory. */
export interface GgufKernels {
  ggufScratchBytes(): number;
  /** Returns the number of blocks whose scale is not finite; counted where `blocks` is wanted. */
  quantizeGguf(job: number): number;
  finiteValues(values: number, count: number): number;
  dequantizeGguf(type: number, blocks: number, values: number, count: number, scratch: number): void;
}

let compiled: WasmModule | undefined;

/** A module of its own: a run without GGUF schemes neither compiles nor loads it. */
const instances = new WeakMap<KernelEngine, GgufKernels>();

/** The kernels over an engine's memory. */
export function ggufKernels(engine: KernelEngine): GgufKernels {
  let kernels = instances.get(engine);
  if (kernels === undefined) {
    compiled ??= new wasm.Module(Buffer.from(GGUF_MODULE_BASE64, 'base64'));
    kernels = new wasm.Instance<GgufKernels>(compiled, { env: { memory: engine.memory } }).exports;
    instances.set(engine, kernels);
  }
  return kernels;
}

/** kernels/gguf/job.ts, `GgufJob`, in its order. Pointers are byte offsets, 0 for "not wanted". */
export interface GgufJob {
  readonly source: number;
  readonly dtype: number;
  readonly rows: number;
  readonly columns: number;
  readonly type: number;
  readonly blocks: number;
  readonly restored: number;
  readonly figures: number;
  readonly columnEnergy: number;
  readonly scratch: number;
}

/** What kernels/gguf/job.ts adds to the number of a type whose blocks are decoded first. */
const BLOCKS = 256;

/** `GgufJob.dtype` of rows that are stored as f32, f16, bf16 or in blocks of a quantized type. */
export function ggufSourceNumber(stored: WeightDtype | GgufQuantizedType): number {
  return isGgufQuantizedType(stored) ? BLOCKS + ggufBlock(stored).id : DTYPE_NUMBERS[stored];
}

const FIELDS: readonly (keyof GgufJob)[] = [
  'source',
  'dtype',
  'rows',
  'columns',
  'type',
  'blocks',
  'restored',
  'figures',
  'columnEnergy',
  'scratch',
];

/**
 * Runs a job; scratch is taken from the engine's arena for the time of the call.
 *
 * @returns blocks that llama.cpp would not load: their scale is not finite
 */
export function runGgufJob(engine: KernelEngine, job: Omit<GgufJob, 'scratch'>): number {
  const kernels = ggufKernels(engine);
  return engine.arena.scoped(() => {
    const full: GgufJob = { ...job, scratch: engine.arena.reserve(kernels.ggufScratchBytes()) };
    const at = engine.arena.reserve(FIELDS.length * 4);
    writeJob(engine, at, FIELDS, full);
    return kernels.quantizeGguf(at);
  });
}
