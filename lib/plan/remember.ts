import type { ModelDescription } from '../model/types';
import type { Scheme } from '../scheme/types';

/** Figures of one model; enough for every scheme, engine and parallelism that a recommendation tries. */
const CAPACITY = 4096;

const figures = new WeakMap<ModelDescription, Map<string, unknown>>();

/**
 * A figure that depends on a model, a scheme and what `key` says, worked out once: a batch and a recommendation ask for the same ones
 * thousands of times. Model descriptions never change.
 */
export function remembered<T>(model: ModelDescription, scheme: Scheme, key: string, compute: () => T): T {
  let known = figures.get(model);
  if (known === undefined) {
    known = new Map();
    figures.set(model, known);
  }
  const full = `${key}|${schemeKey(scheme)}`;
  if (known.has(full)) return known.get(full) as T;
  const value = compute();
  if (known.size >= CAPACITY) known.clear();
  known.set(full, value);
  return value;
}

/** Names a scheme for one model: what a checkpoint stores follows from the model, what a spec asks for from name and group size. */
function schemeKey({ origin, name, groupSize }: Scheme): string {
  return origin === 'checkpoint' ? `${name}|` : `${name}|${groupSize}|${origin}`;
}
