import type { KvCapacity, Paging } from '../kv/capacity';
import { kvCapacity } from '../kv/capacity';
import { bytesPerToken, type KvGroup } from '../kv/groups';
import type { EngineMemory } from './types';

/** Terms of an engine that pre-allocates its cache from what remains. Bytes on one accelerator. */
export interface PagedTerms {
  readonly total: number | undefined;
  readonly usable: number | undefined;
  /** The cache, where its size is set; less only where that does not fit. */
  readonly cache?: number;
  readonly weights: number | null;
  readonly activations: number;
  readonly graphs: number;
  /** Do the graphs come out of `usable`? */
  readonly budgetsGraphs: boolean;
  readonly runtime: number;
  readonly groups: readonly KvGroup[] | undefined;
  readonly context: number | undefined;
  /** How the engine hands the cache out: in blocks of one pool, or as it sees fit. */
  readonly paging: Paging | ((groups: readonly KvGroup[], available: number, context: number) => KvCapacity);
  /** The longest context the model itself allows. */
  readonly modelContext: number | undefined;
}

/** Weights, working memory and graphs come off the budget; the cache is what is left, none where nothing is. */
export function pagedMemory(terms: PagedTerms): EngineMemory {
  const { total, usable, weights, activations, graphs, runtime, groups } = terms;
  const perToken = groups === undefined ? null : bytesPerToken(groups);
  const rest =
    usable === undefined || weights === null
      ? null
      : usable - weights - activations - runtime - (terms.budgetsGraphs ? graphs : 0);
  const keepsNothing = groups !== undefined && groups.every((group) => group.bytesPerToken + group.stateBytes === 0);
  const known = total !== undefined;
  const memory = {
    total: total ?? null,
    usable: usable ?? null,
    weights: weights === null ? null : Math.round(weights),
    activations: known ? Math.round(activations) : null,
    graphs: known ? Math.round(graphs) : null,
    runtime: known ? Math.round(runtime) : null,
    // A model that keeps nothing between tokens gets no cache, whatever is left.
    kvCache: keepsNothing ? 0 : rest === null ? null : Math.max(0, Math.floor(Math.min(rest, terms.cache ?? Infinity))),
  };
  const capacity =
    memory.kvCache === null || groups === undefined || terms.context === undefined || terms.context <= 0
      ? undefined
      : capacityOf(terms, groups, memory.kvCache, terms.context);
  return {
    memory,
    kvBytesPerToken: perToken,
    ...figures(keepsNothing ? undefined : capacity, terms.modelContext),
  };
}

function capacityOf(
  { paging }: PagedTerms,
  groups: readonly KvGroup[],
  available: number,
  context: number,
): KvCapacity {
  return typeof paging === 'function'
    ? paging(groups, available, context)
    : kvCapacity(groups, available, context, paging);
}

function figures(
  capacity: KvCapacity | undefined,
  modelContext: number | undefined,
): Pick<EngineMemory, 'kvCacheTokens' | 'maxConcurrency' | 'largestMaxModelLen'> {
  if (capacity === undefined) return { kvCacheTokens: null, maxConcurrency: null, largestMaxModelLen: null };
  return {
    kvCacheTokens: capacity.tokens,
    maxConcurrency: capacity.concurrency,
    largestMaxModelLen: Math.min(capacity.largestContext, modelContext ?? Infinity),
  };
}
