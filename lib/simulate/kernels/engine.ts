import { Arena, KERNEL_BYTES } from './arena';
import { wasm, type WasmMemory, type WasmModule } from './webassembly';

/** What kernels/index.ts exports. Pointers are byte offsets into the memory. */
export interface KernelExports {
  decodeBf16(source: number, target: number, count: number): void;
  decodeF16(source: number, target: number, count: number): void;
  decodeE4m3(source: number, target: number, count: number): void;
  decodeE4m3Ieee(source: number, target: number, count: number): void;
  decodeE5m2(source: number, target: number, count: number): void;
  encodeBf16(source: number, target: number, count: number): void;
  encodeF16(source: number, target: number, count: number): void;
  encodeE4m3(source: number, target: number, count: number): void;
  encodeE4m3Ieee(source: number, target: number, count: number): void;
  rowJobBytes(): number;
  quantizeRows(job: number): void;
  rowExtremes(job: number): void;
  gridsFromExtremes(job: number, count: number): void;
  rederiveAwqCodes(
    values: number,
    scales: number,
    zeroPoints: number,
    codes: number,
    rows: number,
    columns: number,
    groupSize: number,
  ): void;
  searchClipping(
    values: number,
    dtype: number,
    rows: number,
    columns: number,
    groupSize: number,
    bits: number,
    moments: number,
    bounds: number,
    scratch: number,
  ): void;
  clampGroups(values: number, dtype: number, rows: number, columns: number, groupSize: number, bounds: number): void;
  columnAbsMax(source: number, dtype: number, rows: number, columns: number, target: number): void;
  scaleColumns(
    source: number,
    dtype: number,
    rows: number,
    columns: number,
    factors: number,
    divide: number,
    target: number,
  ): void;
  addRelativeMagnitudes(
    source: number,
    dtype: number,
    rows: number,
    columns: number,
    groupSize: number,
    target: number,
  ): void;
  compareRows(
    weights: number,
    values: number,
    rows: number,
    columns: number,
    figures: number,
    columnEnergy: number,
  ): void;
  differences(left: number, right: number, dtype: number, count: number, target: number): void;
  packedMomentsBytes(columns: number): number;
  packMoments(moments: number, columns: number, target: number): void;
  quadraticScratchBytes(columns: number): number;
  quadraticForm(errors: number, rows: number, columns: number, packed: number, scratch: number): number;
  gptqScratchBytes(rows: number): number;
  gptqRows(job: number): number;
  invertHessian(matrix: number, n: number, scratch: number): number;
  gemmScratchBytes(): number;
  gramScratchBytes(rows: number, width: number): number;
  accumulateGram(x: number, rows: number, width: number, gram: number, scratch: number): void;
  packBits(codes: number, rows: number, columns: number, bits: number, offset: number, target: number): void;
}

/** The kernels over one memory: what a thread computes with. */
export class KernelEngine {
  private instance: KernelExports | undefined;
  /** Room for data. The first engine of a memory owns all of it above the kernels' own; those of workers own a slot. */
  readonly arena: Arena;

  /**
   * @param slot the part of the memory that this engine may use; by default all, growing it at need
   */
  constructor(
    readonly memory: WasmMemory,
    private readonly module: WasmModule,
    slot?: { readonly start: number; readonly end: number },
  ) {
    this.arena = new Arena(memory, slot?.start ?? KERNEL_BYTES, slot?.end);
  }

  /** Bound to the memory on first use: who writes GGUF from blocks needs the kernels of those blocks alone. */
  get kernels(): KernelExports {
    this.instance ??= new wasm.Instance<KernelExports>(this.module, { env: { memory: this.memory } }).exports;
    return this.instance;
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, length);
  }

  floats(at: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, at, count);
  }

  doubles(at: number, count: number): Float64Array {
    return new Float64Array(this.memory.buffer, at, count);
  }

  integers(at: number, count: number): Int32Array {
    return new Int32Array(this.memory.buffer, at, count);
  }

  /** Copies data in. */
  place(data: ArrayBufferView): number {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const at = this.arena.reserve(bytes.length);
    this.bytes(at, bytes.length).set(bytes);
    return at;
  }

  /** Copies data out, into ordinary memory. */
  copy(at: number, length: number): Uint8Array {
    return new Uint8Array(this.bytes(at, length));
  }
}
