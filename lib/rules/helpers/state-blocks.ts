import type { RuleContext } from '../types';

/** How vLLM pages the cache of a model that mixes attention with recurrent layers, on each GPU. */
export interface StateBlocks {
  /** Tokens of a block: as many as make a page of attention hold a layer’s state. */
  readonly blockTokens: number;
  /** Bytes of a block over the layers that share it. */
  readonly blockBytes: number;
}

/** Attention reads whole multiples of 16 tokens. */
const STEP = 16;
/** Up to this ratio of layers, the fewer are padded to the more. */
const PADDING = 1.25;

/**
 * The block of a hybrid model: all layers share pages of one size, a page of attention is made as large as the state of one sequence in one
 * recurrent layer, and layers are put into groups of equal number. Source: vllm/platforms/interface.py,
 * `update_block_size_for_backend`; vllm/v1/core/kv_cache_utils.py, `_get_kv_cache_groups_uniform_page_size`. A report of
 * vllm-project/vllm#49064 agrees: 161 blocks in 3.86 GiB for Qwen3.8-27B over two GPUs.
 */
export function stateBlocks({ model, options }: Pick<RuleContext, 'model' | 'options'>): StateBlocks | undefined {
  const states = model?.kv.filter(({ kind }) => kind === 'recurrent') ?? [];
  const attention = model?.kv.filter(({ kind }) => kind === 'full') ?? [];
  if (states.length !== 1 || attention.length !== 1 || model?.kv.length !== 2) return undefined;
  const [state] = states;
  const [full] = attention;
  const degree = options.tensorParallelSize;
  const elementBytes = options.kvCacheDtype.startsWith('fp8') ? 1 : 2;
  const heads = Math.max(1, full.kvHeads / degree);
  const tokenBytes = (full.keyDim + full.valueDim) * heads * elementBytes;
  const stateBytes = (state.stateBytesPerSequence ?? 0) / degree;
  if (tokenBytes <= 0 || stateBytes <= 0) return undefined;
  const blockTokens = Math.ceil(stateBytes / tokenBytes / STEP) * STEP;
  const fewer = Math.min(state.layers, full.layers);
  const more = Math.max(state.layers, full.layers);
  return { blockTokens, blockBytes: blockTokens * tokenBytes * (more < fewer * PADDING ? more : fewer) };
}
