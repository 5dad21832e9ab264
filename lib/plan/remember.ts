import type { ModelDescription } from '../model/types';
import type { Scheme } from '../scheme/types';

/** Figures of one model and scheme; enough for every engine and parallelism that a recommendation tries. */
const CAPACITY = 1024;

const figures = new WeakMap<ModelDescription, WeakMap<Scheme, Map<string, unknown>>>();
const figuresOfModels = new WeakMap<ModelDescription, Map<string, unknown>>();

/**
 * A figure that depends on a model, a scheme and what `key` says, worked out once: a batch and a recommendation ask for the same ones
 * thousands of times. Descriptions of models and schemes never change.
 */
export function remembered<T>(model: ModelDescription, scheme: Scheme, key: string, compute: () => T): T {
  let ofModel = figures.get(model);
  if (ofModel === undefined) figures.set(model, (ofModel = new WeakMap()));
  let known = ofModel.get(scheme);
  if (known === undefined) ofModel.set(scheme, (known = new Map()));
  return lookUp(known, key, compute);
}

/** A figure that no scheme changes, worked out once for a model. */
export function rememberedOfModel<T>(model: ModelDescription, key: string, compute: () => T): T {
  let known = figuresOfModels.get(model);
  if (known === undefined) figuresOfModels.set(model, (known = new Map()));
  return lookUp(known, key, compute);
}

function lookUp<T>(known: Map<string, unknown>, key: string, compute: () => T): T {
  const found = known.get(key);
  if (found !== undefined || known.has(key)) return found as T;
  const value = compute();
  if (known.size < CAPACITY) known.set(key, value);
  return value;
}
