import { wasm, type WasmMemory, type WasmModule } from '../kernels/webassembly';
import { FORWARD_MODULE_BASE64, FORWARD_RELAXED_MODULE_BASE64 } from './modules.generated';

/** Addresses and sizes are bytes in the memory the module was instantiated over; see kernels/forward for each. */
export interface ForwardKernels {
  packedBytes(outputs: number, inputs: number): number;
  packPanels(
    source: number,
    outputStride: number,
    inputStride: number,
    outputs: number,
    inputs: number,
    target: number,
  ): void;
  gemmScratchBytes(): number;
  gemm(
    a: number,
    aStride: number,
    packed: number,
    target: number,
    targetStride: number,
    rows: number,
    outputs: number,
    inputs: number,
    scratch: number,
  ): void;
  attentionScratchBytes(tokens: number, headDim: number, valueDim: number): number;
  attention(
    q: number,
    qStride: number,
    k: number,
    kStride: number,
    v: number,
    vStride: number,
    out: number,
    outStride: number,
    tokens: number,
    heads: number,
    kvHeads: number,
    headDim: number,
    valueDim: number,
    scale: number,
    window: number,
    softcap: number,
    causal: number,
    scratch: number,
  ): void;
  rmsNorm(
    source: number,
    weight: number,
    target: number,
    rows: number,
    width: number,
    stride: number,
    epsilon: number,
    offset: number,
  ): void;
  layerNorm(
    source: number,
    weight: number,
    bias: number,
    target: number,
    rows: number,
    width: number,
    epsilon: number,
  ): void;
  rotate(
    x: number,
    cosines: number,
    sines: number,
    rows: number,
    heads: number,
    headDim: number,
    rotary: number,
    stride: number,
    interleaved: number,
  ): void;
  add(source: number, target: number, count: number): void;
  addRow(row: number, target: number, rows: number, width: number): void;
  scale(target: number, factor: number, count: number): void;
  softcap(x: number, cap: number, count: number): void;
  activate(x: number, count: number, kind: number): void;
  activateGated(gate: number, up: number, count: number, kind: number): void;
  fakeQuantizeDynamic(x: number, rows: number, width: number, group: number, type: number): void;
  fakeQuantizeStatic(x: number, count: number, absmax: number, type: number): void;
  cacheScratchBytes(): number;
  fakeQuantizeCache(x: number, count: number, type: number, scratch: number): void;
  rotateHadamard(x: number, count: number, size: number): void;
  accumulateChannels(
    x: number,
    rows: number,
    width: number,
    absmax: number,
    lowest: number,
    highest: number,
    absSum: number,
  ): void;
  gramScratchBytes(rows: number, width: number): number;
  accumulateGram(x: number, rows: number, width: number, gram: number, scratch: number): void;
  logSumExp(row: number, count: number): number;
  argmax(row: number, count: number): number;
  divergence(p: number, pLogSum: number, q: number, qLogSum: number, count: number): number;
}

/** Bytes at the start of the memory that the module keeps for itself. */
export const FORWARD_MEMORY_BASE = 2 << 16;

let compiled: WasmModule | undefined;

/**
 * The forward kernels, compiled once: with fused multiply-add where the engine has relaxed SIMD, else without.
 * Node has it on from version 22; on 20 the flag `--experimental-wasm-relaxed-simd` must have been set before.
 */
export function forwardModule(): WasmModule {
  if (compiled === undefined) {
    const relaxed = decodeBase64(FORWARD_RELAXED_MODULE_BASE64);
    compiled = new wasm.Module(wasm.validate(relaxed) ? relaxed : decodeBase64(FORWARD_MODULE_BASE64));
  }
  return compiled;
}

/** The module that runs everywhere, for comparisons. */
export function plainForwardModule(): WasmModule {
  return new wasm.Module(decodeBase64(FORWARD_MODULE_BASE64));
}

export function instantiateForward(module: WasmModule, memory: WasmMemory): ForwardKernels {
  return new wasm.Instance<ForwardKernels>(module, { env: { memory } }).exports;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
