import { largestFitting } from '../largest-fitting';
import type { KvGroup } from './groups';

/** What the cache of one accelerator holds. */
export interface KvCapacity {
  /** Whole tokens over all sequences, as the engine prints them. */
  readonly tokens: number;
  /** Sequences of the full context that fit side by side. */
  readonly concurrency: number;
  /** Longest context for which one sequence fits. */
  readonly largestContext: number;
}

/** How an engine hands the cache out. */
export interface Paging {
  readonly blockTokens: number;
  /** Tokens that one step may add; a sliding window must hold them too. */
  readonly stepTokens: number;
  /** Does the engine give layers with a window only what the window needs? */
  readonly hybrid: boolean;
  /** Does it print `concurrency × context` (vLLM since 0.20.2) rather than blocks? They differ where windows count. */
  readonly countsConcurrency: boolean;
  /** Blocks of its state that a sequence keeps: the one it works on, and with prefix caching also the last that others may go on from. */
  readonly stateBlocks?: number;
}

/**
 * Capacity of `available` bytes. Layers of one kind share a table of blocks; with several kinds, each is cut into groups of the same number
 * of layers, and every group draws blocks from one pool, so that a window's unused part is free for others.
 * Source: vllm/v1/core/kv_cache_utils.py, `unify_kv_cache_spec_page_size`,
 * `_get_kv_cache_groups_uniform_page_size`, `get_max_concurrency_for_kv_cache_config`.
 */
export function kvCapacity(groups: readonly KvGroup[], available: number, context: number, paging: Paging): KvCapacity {
  const pool = blockPool(groups, paging);
  if (pool === undefined) return { tokens: 0, concurrency: 0, largestContext: 0 };
  const blocks = Math.max(0, Math.floor(available / (pool.pageBytes * pool.layersPerGroup)));
  const needed = blocksOf(pool, context);
  const concurrency = needed === 0 ? 0 : blocks / needed;
  const tokens = paging.countsConcurrency
    ? Math.floor(concurrency * context)
    : Math.floor(blocks / pool.groups.length) * pool.blockTokens;
  return { tokens, concurrency, largestContext: largestContext(pool, blocks) };
}

interface Pool {
  /** Bytes of a block in one layer; the same for every group. */
  readonly pageBytes: number;
  readonly layersPerGroup: number;
  /** Tokens of a block in the widest layers. */
  readonly blockTokens: number;
  readonly groups: readonly (PooledGroup | 'state')[];
  readonly stateBlocks: number;
}

/** Layers that share a table of blocks; `state`: as many blocks whatever the length. */
interface PooledGroup {
  /** Most tokens that a sequence keeps. */
  readonly kept: number;
  /** Tokens of a block: more where a token takes less, so that a block has the same bytes in every group. */
  readonly blockTokens: number;
}

function blockPool(all: readonly KvGroup[], paging: Paging): Pool | undefined {
  const attention = all.filter((group) => group.bytesPerToken > 0 && group.kind !== 'cross');
  const states = all.filter((group) => group.stateBytes > 0);
  if (attention.length === 0 && states.length === 0) return undefined;
  if (!paging.hybrid || (attention.length === 1 && states.length === 0)) return uniformPool(attention, states, paging);

  // A state must fit a block, so blocks grow until one does.
  const widest = Math.max(1, ...attention.map((group) => group.bytesPerToken));
  const state = Math.max(0, ...states.map((group) => group.stateBytes));
  const blockTokens = Math.max(paging.blockTokens, Math.ceil(state / widest / paging.blockTokens) * paging.blockTokens);
  const counts = [...attention, ...states].map((group) => group.layers);
  const fewest = Math.min(...counts);
  const most = Math.max(...counts);
  const layersPerGroup = most < fewest * NEARLY_EQUAL ? most : fewest;
  const groups: (PooledGroup | 'state')[] = [];
  for (const group of attention) {
    // Blocks that do not divide so are padded to the widest.
    const times = widest % group.bytesPerToken === 0 ? widest / group.bytesPerToken : 1;
    const pooled = { kept: kept(group, paging), blockTokens: blockTokens * times };
    repeat(groups, Math.ceil(group.layers / layersPerGroup), pooled);
  }
  for (const group of states) repeat(groups, Math.ceil(group.layers / layersPerGroup), 'state');
  return { pageBytes: widest * blockTokens, layersPerGroup, blockTokens, groups, stateBlocks: paging.stateBlocks ?? 1 };
}

/** Kinds that differ less in number than this are padded to the larger. Source: as above. */
const NEARLY_EQUAL = 1.25;

/** Engines without a hybrid allocator keep every token of every layer. */
function uniformPool(attention: readonly KvGroup[], states: readonly KvGroup[], paging: Paging): Pool {
  const tokenBytes = attention.reduce((total, group) => total + group.bytesPerToken * group.layers, 0);
  const stateBytes = states.reduce((total, group) => total + group.stateBytes * group.layers, 0);
  const stateBlocks = paging.stateBlocks ?? 1;
  if (tokenBytes === 0)
    return { pageBytes: stateBytes, layersPerGroup: 1, blockTokens: 1, groups: ['state'], stateBlocks };
  const only = paging.hybrid && attention.length === 1 ? kept(attention[0], paging) : Infinity;
  return {
    pageBytes: tokenBytes * paging.blockTokens,
    layersPerGroup: 1,
    blockTokens: paging.blockTokens,
    groups: [{ kept: only, blockTokens: paging.blockTokens }],
    stateBlocks,
  };
}

function kept({ kind, window }: KvGroup, paging: Paging): number {
  if (window === undefined) return Infinity;
  return (kind === 'chunked' ? window : window - 1) + paging.stepTokens;
}

function repeat<T>(list: T[], times: number, value: T): void {
  for (let i = 0; i < times; i++) list.push(value);
}

function blocksOf(pool: Pool, context: number): number {
  let blocks = 0;
  for (const group of pool.groups) {
    if (group === 'state') blocks += pool.stateBlocks;
    else if (group.kept < context) blocks += Math.ceil(group.kept / group.blockTokens) + 1;
    else blocks += Math.ceil(context / group.blockTokens);
  }
  return blocks;
}

/** Beyond any model's context; a search needs an end. */
export const LONGEST = 2 ** 30;

function largestContext(pool: Pool, blocks: number): number {
  const [first, ...others] = pool.groups;
  // As most models have it: every block holds as many tokens more.
  if (first !== 'state' && first.kept === Infinity && others.length === 0)
    return Math.min(blocks * first.blockTokens, LONGEST);
  return largestFitting((context) => blocksOf(pool, context) <= blocks, LONGEST);
}
