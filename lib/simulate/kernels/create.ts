import { KernelEngine } from './engine';
import { createKernelMemory } from './memory';
import { KERNEL_MODULE_BASE64 } from './module.generated';
import { wasm, type WasmModule } from './webassembly';

let compiled: WasmModule | undefined;

/** The kernels' code, compiled on first use. */
export function kernelModule(): WasmModule {
  compiled ??= new wasm.Module(Buffer.from(KERNEL_MODULE_BASE64, 'base64'));
  return compiled;
}

/** The kernels over a memory of their own, for one thread. */
export function createKernelEngine(): KernelEngine {
  return new KernelEngine(createKernelMemory(), kernelModule());
}
