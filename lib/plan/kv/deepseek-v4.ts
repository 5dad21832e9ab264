import { isSince } from '../../endpoint/version';
import type { ModelDescription } from '../../model/types';
import { largestFitting } from '../largest-fitting';
import { LONGEST, type KvCapacity } from './capacity';

/** What vLLM lays the cache of DeepSeek V4 out by. */
export interface CompressedCache {
  readonly model: ModelDescription;
  /** Layers that keep a window of exact entries: all, and those of a draft. */
  readonly windows: number;
  readonly pipelineParallel: number;
  /** Tokens that may be computed and not yet be let go of. */
  readonly stepTokens: number;
  readonly version: readonly number[] | undefined;
}

/** Layers that share a table of blocks. */
interface Table {
  /** Bytes of a block in each of its layers. */
  readonly pages: readonly number[];
  readonly blockTokens: number;
  readonly window?: number;
}

/** FlashMLA wants pages of a multiple of this. */
const ALIGNMENT = 576;
const BLOCK = 256;
/** 448 elements in FP8, 64 in 16 bits, and 8 scales. */
const ENTRY = 584;
/** Exact entries are in blocks as long as those of four to one have entries. */
const WINDOW_BLOCK = 64;
/** What a compressor works on, in 32 bits: tokens of a block, and the tokens it looks back to. */
const SPARSE_STATE = { tokens: 4, window: 8 };
const HEAVY_STATE = { tokens: 8, window: 128 };
/** Elements that share a scale of four bytes in the indexer's keys. */
const SCALED = 128;

/**
 * Capacity of `available` bytes for DeepSeek V4: compressed entries for every token; exact ones for a window; and for the window of the
 * compressors, what they compress, in 32 bits and blocks of few tokens. That last, for all the tokens under way, is most of what a sequence
 * takes. All draw blocks of one size from one pool.
 * Sources: vllm/v1/core/kv_cache_utils.py of 0.20.0 to 0.28.0, `_get_kv_cache_groups_uniform_groups`, and of 0.29.0 to 0.30.0,
 * `_get_packed_kv_cache_groups`; vllm/models/deepseek_v4/attention.py and compressor.py, vllm/v1/attention/backends/mla/sparse_swa.py,
 * `get_kv_cache_spec`.
 */
export function compressedCapacity(cache: CompressedCache, available: number, context: number): KvCapacity {
  const isPacked = isSince(cache.version, 0, 29);
  const tables = tablesOf(cache, isPacked);
  const blocks = Math.max(0, Math.floor(available / blockBytes(tables, isPacked)));
  const needs = (tokens: number): number => blocksOfSequence(tables, tokens, cache);
  const concurrency = blocks / needs(context);
  const counted = isSince(cache.version, 0, 20, 2)
    ? concurrency * context
    : Math.floor(blocks / tables.length) * SPARSE_STATE.tokens;
  return {
    tokens: Math.floor(counted),
    concurrency,
    largestContext: largestFitting((tokens) => startBytes(tables, tokens, cache) <= available, LONGEST),
  };
}

/** Does the model cache so? */
export function keepsCompressed({ modelType }: Pick<ModelDescription, 'modelType'>): boolean {
  return modelType === 'deepseek_v4';
}

function tablesOf(cache: CompressedCache, isPacked: boolean): readonly Table[] {
  const { model, windows } = cache;
  const { index_head_dim: width } = model.textConfig;
  const indexWidth = typeof width === 'number' ? width : 0;
  const [headDim] = model.kv.map(({ keyDim }) => keyDim);
  const compressed = model.kv
    .filter(({ kind }) => kind === 'mla')
    .map((group) => ({
      layers: Math.ceil(group.layers / cache.pipelineParallel),
      isSparse: group.elementsPerToken >= headDim / 8,
    }));
  const sparse = compressed.find(({ isSparse }) => isSparse)?.layers ?? 0;
  const heavy = compressed.find(({ isSparse }) => !isSparse)?.layers ?? 0;

  const entry = aligned((BLOCK / 4) * ENTRY);
  const index = aligned((BLOCK / 4) * (indexWidth + (indexWidth / SCALED) * 4));
  const few = aligned((BLOCK / SCALED) * ENTRY);
  // Before they are packed, pages of a window take the size of those of all tokens that is next above theirs.
  const sizes = [few, index, entry];
  const page = (bytes: number): number => (isPacked ? bytes : (sizes.find((size) => size >= bytes) ?? bytes));
  const state = (tokens: number, elements: number): number => page(aligned(tokens * elements * 4));
  const sparseState = [state(SPARSE_STATE.tokens, 4 * headDim), state(SPARSE_STATE.tokens, 4 * indexWidth)];
  const heavyState = [state(HEAVY_STATE.tokens, 2 * headDim)];

  // Packed, only tables whose layers are all of the same pages are cut.
  const together = leastPadded(isPacked ? [sparse, windows, heavy] : [Math.max(sparse, heavy), windows, sparse, heavy]);
  const { window } = model.kv[0];
  return [
    {
      pages: [...copies(sparse, [entry, index]), ...copies(heavy, [few])],
      blockTokens: BLOCK,
    },
    ...cut(windows, together, [entry], { blockTokens: WINDOW_BLOCK, window }),
    ...cut(sparse, together, sparseState, { blockTokens: SPARSE_STATE.tokens, window: SPARSE_STATE.window }),
    ...cut(heavy, together, heavyState, { blockTokens: HEAVY_STATE.tokens, window: HEAVY_STATE.window }),
  ];
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

function copies(layers: number, pages: readonly number[]): readonly number[] {
  return Array.from({ length: layers }, () => pages).flat();
}

/** Layers in as many tables as `together` asks for, as even as can be. */
function cut(layers: number, together: number, pages: readonly number[], rest: Omit<Table, 'pages'>): readonly Table[] {
  const tables = Math.ceil(layers / together);
  return Array.from({ length: tables }, (_, table) => ({
    pages: copies(Math.ceil((layers - table) / tables), pages),
    ...rest,
  }));
}

/** The number of layers, no less than the first, to multiples of which all are padded with the least. Source: `_approximate_gcd`. */
function leastPadded(counts: readonly number[]): number {
  let best = Math.max(1, counts[0]);
  let least = Infinity;
  for (let size = best; size <= Math.max(...counts); size++) {
    const padding = counts.reduce((total, count) => total + ((size - (count % size)) % size), 0);
    if (padding <= least) [best, least] = [size, padding];
  }
  return best;
}

/** Bytes of a block of the pool: as many pages of each size as one table has; or, packed, the largest table. */
function blockBytes(tables: readonly Table[], isPacked: boolean): number {
  if (isPacked) return Math.max(...tables.map(tableBytes));
  const slots = new Map<number, number>();
  for (const { pages } of tables) {
    for (const [size, count] of countsOf(pages)) slots.set(size, Math.max(slots.get(size) ?? 0, count));
  }
  return [...slots].reduce((total, [size, count]) => total + size * count, 0);
}

function tableBytes({ pages }: Table): number {
  return sum(pages);
}

/**
 * Bytes that must be free for a server to start: a block of every table counts as if it held the most layers with pages of every size that all
 * tokens have, or, packed, as one of the pool.
 * Source: vllm/v1/core/kv_cache_utils.py of 0.20.0 to 0.30.0, `_max_memory_usage_bytes_from_groups`.
 */
function startBytes(tables: readonly Table[], context: number, cache: CompressedCache): number {
  const isPacked = isSince(cache.version, 0, 29);
  const blocks = sum(blocksOfTables(tables, context, cache));
  if (isPacked) return blocks * blockBytes(tables, isPacked);
  const layers = Math.max(...tables.flatMap(({ pages }) => [...countsOf(pages).values()]));
  return blocks * layers * sum([...countsOf(tables[0].pages).keys()]);
}

/** Before 0.30 the blocks of a sequence were counted by their bytes, in blocks of the first table. */
function blocksOfSequence(tables: readonly Table[], context: number, cache: CompressedCache): number {
  const blocks = blocksOfTables(tables, context, cache);
  if (isSince(cache.version, 0, 30)) return sum(blocks);
  const bytes = tables.reduce((total, table, index) => total + blocks[index] * tableBytes(table), 0);
  return Math.ceil(bytes / tableBytes(tables[0]));
}

function blocksOfTables(tables: readonly Table[], context: number, { stepTokens }: CompressedCache): readonly number[] {
  return tables.map(({ blockTokens, window }) =>
    window === undefined
      ? Math.ceil(context / blockTokens)
      : Math.ceil(Math.min(window - 1 + stepTokens, context) / blockTokens) + 1,
  );
}

/** How often each size of page occurs. */
function countsOf(pages: readonly number[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const page of pages) counts.set(page, (counts.get(page) ?? 0) + 1);
  return counts;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
