import type { WasmMemory } from '../kernels/webassembly';
import type { MixtureShape } from './mixture-shape';

/** Which experts each token of a window passes: `[tokens][perToken]` each, a token's likeliest expert first. */
export interface Routes {
  readonly experts: Int32Array;
  /** What each expert's output is multiplied by. */
  readonly shares: Float32Array;
}

/** Bytes of a window's routes. */
export function routeBytes(tokens: number, { perToken }: MixtureShape): number {
  return 8 * tokens * perToken;
}

export function routesOf({ buffer }: WasmMemory, at: number, tokens: number, { perToken }: MixtureShape): Routes {
  const count = tokens * perToken;
  return { experts: new Int32Array(buffer, at, count), shares: new Float32Array(buffer, at + 4 * count, count) };
}

/**
 * Chooses each token's experts: the largest of a softmax over all of them, in f32, and where the model has it so, made to add up
 * to 1. Of experts that are equal the first is taken. Source: Transformers, `MixtralTopKRouter` and `Qwen3MoeTopKRouter`.
 *
 * @param logits `[tokens][experts]`
 * @param routes to fill
 */
export function chooseExperts(
  logits: Float32Array,
  { experts, perToken, normalizes }: MixtureShape,
  routes: Routes,
): void {
  const probabilities = new Float32Array(experts);
  for (let token = 0; token * experts < logits.length; token++) {
    softmax(logits.subarray(token * experts, (token + 1) * experts), probabilities);
    const first = token * perToken;
    let sum = 0;
    for (let rank = 0; rank < perToken; rank++) {
      const best = largest(probabilities);
      routes.experts[first + rank] = best;
      routes.shares[first + rank] = probabilities[best];
      sum = Math.fround(sum + probabilities[best]);
      probabilities[best] = -1;
    }
    if (!normalizes) continue;
    for (let rank = 0; rank < perToken; rank++) routes.shares[first + rank] /= sum;
  }
}

function softmax(logits: Float32Array, target: Float32Array): void {
  const top = logits.reduce((left, right) => Math.max(left, right), -Infinity);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    target[i] = Math.exp(logits[i] - top);
    sum += target[i];
  }
  for (let i = 0; i < logits.length; i++) target[i] /= sum;
}

function largest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
