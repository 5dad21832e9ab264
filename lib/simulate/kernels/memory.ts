import { KERNEL_BYTES, PAGE_BYTES } from './arena';
import { wasm, type WasmMemory } from './webassembly';

/** All that a 32-bit memory can have; what is taken grows with need. */
const MAX_PAGES = 65536;

/** A memory that several threads can share. */
export function createKernelMemory(): WasmMemory {
  return new wasm.Memory({ initial: KERNEL_BYTES / PAGE_BYTES, maximum: MAX_PAGES, shared: true });
}
