import type { ResolvedEndpoint } from '../endpoint/types';
import { contextLimit } from '../model';
import { makePlan } from './make-plan';

/** Sequences that fit side by side, by their length in tokens. */
export interface ConcurrencyPoint {
  readonly context: number;
  readonly concurrency: number;
}

const SHORTEST = 512;

/** How many sequences fit at once, for contexts that double up to the model's longest. Empty where the cache's size is not known. */
export function concurrencyByContext(resolved: ResolvedEndpoint): readonly ConcurrencyPoint[] {
  const longest =
    (resolved.model === undefined ? undefined : contextLimit(resolved.model)) ?? resolved.options.maxModelLen;
  if (longest === undefined) return [];
  const points: ConcurrencyPoint[] = [];
  for (let context = SHORTEST; ; context *= 2) {
    const length = Math.min(context, longest);
    const plan = makePlan({ ...resolved, options: { ...resolved.options, maxModelLen: length } });
    if (plan.maxConcurrency === null) return [];
    points.push({ context: length, concurrency: plan.maxConcurrency });
    if (length >= longest) return points;
  }
}
