import type { KernelEngine } from '../kernels/engine';

/** What calibration knows of the inputs of a layer: `width` channels over `tokens` tokens. */
export interface InputMoments {
  readonly width: number;
  readonly tokens: number;
  /** E[x·xᵀ], row-major `[width, width]`, symmetric. */
  readonly second: Float64Array | Float32Array;
}

/** Tokens whose products are summed in f32 before they go into the f64 sums. */
const BLOCK_TOKENS = 256;

/**
 * The moments of activations.
 *
 * @param values f32, row-major `[tokens, width]`
 */
export function momentsOf(engine: KernelEngine, values: Float32Array, width: number): InputMoments {
  return engine.arena.scoped(() => {
    const { arena, kernels } = engine;
    const tokens = values.length / width;
    const gram = arena.reserveZeroed(width * width * 8);
    const x = engine.place(values);
    const scratch = arena.reserve(kernels.gramScratchBytes(BLOCK_TOKENS, width) + kernels.gemmScratchBytes());
    for (let first = 0; first < tokens; first += BLOCK_TOKENS) {
      const rows = Math.min(BLOCK_TOKENS, tokens - first);
      kernels.accumulateGram(x + first * width * 4, rows, width, gram, scratch);
    }
    return { width, tokens, second: engine.doubles(gram, width * width).map((sum) => sum / tokens) };
  });
}

/** E[x·xᵀ] as f32 in the kernels' memory, each channel divided by its factor if there are factors. */
export function placeMoments(engine: KernelEngine, moments: InputMoments, divisors?: ArrayLike<number>): number {
  const { width, second } = moments;
  const at = engine.arena.reserve(width * width * 4);
  const target = engine.floats(at, width * width);
  for (let row = 0; row < width; row++) {
    for (let column = 0; column < width; column++) {
      const divisor = divisors === undefined ? 1 : divisors[row] * divisors[column];
      target[row * width + column] = second[row * width + column] / divisor;
    }
  }
  return at;
}
