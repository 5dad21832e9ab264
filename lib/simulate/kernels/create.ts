import { KERNEL_BYTES, PAGE_BYTES } from './arena';
import { KernelEngine } from './engine';
import { KERNEL_MODULE_BASE64 } from './module.generated';
import { wasm, type WasmMemory, type WasmModule } from './webassembly';

/** All that a 32-bit memory can have; what is taken grows with need. */
const MAX_PAGES = 65536;

let compiled: WasmModule | undefined;

/** The kernels' code, compiled on first use. */
export function kernelModule(): WasmModule {
  compiled ??= new wasm.Module(Buffer.from(KERNEL_MODULE_BASE64, 'base64'));
  return compiled;
}

/** A memory that several threads can share. */
export function createKernelMemory(): WasmMemory {
  return new wasm.Memory({ initial: KERNEL_BYTES / PAGE_BYTES, maximum: MAX_PAGES, shared: true });
}

/** The kernels over a memory of their own, for one thread. */
export function createKernelEngine(): KernelEngine {
  return new KernelEngine(createKernelMemory(), kernelModule());
}
