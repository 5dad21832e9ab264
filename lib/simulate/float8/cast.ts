import type { KernelEngine } from '../kernels/engine';

/** 8-bit floats: PyTorch's `float8_e4m3fn` and `float8_e5m2`, and the E4M3 with infinities that ends at 240. */
export type Float8Format = 'e4m3fn' | 'e4m3' | 'e5m2';

/** Values of 8-bit floats. */
export function decodeFloat8(engine: KernelEngine, bytes: Uint8Array, format: Float8Format): Float32Array {
  return engine.arena.scoped(() => {
    const source = engine.place(bytes);
    const target = engine.arena.reserve(bytes.length * 4);
    const { kernels } = engine;
    if (format === 'e4m3fn') kernels.decodeE4m3(source, target, bytes.length);
    else if (format === 'e4m3') kernels.decodeE4m3Ieee(source, target, bytes.length);
    else kernels.decodeE5m2(source, target, bytes.length);
    return new Float32Array(engine.floats(target, bytes.length));
  });
}

/**
 * Nearest 8-bit floats, ties to even. As PyTorch's cast since 2.15, `e4m3fn` saturates at 448; `e4m3` gives infinity from
 * 248 on. NaN stays NaN and keeps its sign.
 */
export function encodeFloat8(engine: KernelEngine, values: Float32Array, format: 'e4m3fn' | 'e4m3'): Uint8Array {
  return engine.arena.scoped(() => {
    const source = engine.place(values);
    const target = engine.arena.reserve(values.length);
    if (format === 'e4m3fn') engine.kernels.encodeE4m3(source, target, values.length);
    else engine.kernels.encodeE4m3Ieee(source, target, values.length);
    return engine.copy(target, values.length);
  });
}
