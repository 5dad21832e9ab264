// The part of the WebAssembly API that is used. TypeScript declares it in its DOM library alone, which has no place in code
// that also runs in Node and in a Lambda.

export interface WasmMemory {
  readonly buffer: SharedArrayBuffer;
  /** Adds pages of 64 KiB. */
  grow(pages: number): number;
}

/** Compiled code: compiled once, sent to every worker. */
export interface WasmModule {
  readonly compiled?: never;
}

interface WasmInstance<Exports> {
  readonly exports: Exports;
}

interface WasmApi {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: true }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  /** Can this engine run the code? */
  validate(bytes: Uint8Array): boolean;
  readonly Instance: new <Exports>(module: WasmModule, imports: object) => WasmInstance<Exports>;
}

/** The engine's own WebAssembly. */
export const wasm: WasmApi = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;
