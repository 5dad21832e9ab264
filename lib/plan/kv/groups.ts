import type { KvLayerGroup, ModelDescription } from '../../model/types';

/** The cache of one kind of layer on one accelerator. */
export interface KvGroup {
  readonly kind: KvLayerGroup['kind'];
  /** Layers of the pipeline stage that has the most. */
  readonly layers: number;
  /** Bytes for each token and layer; 0 for recurrent layers. */
  readonly bytesPerToken: number;
  /** Tokens that are kept; undefined: all. */
  readonly window?: number;
  /** Bytes for each sequence and layer, whatever its length. */
  readonly stateBytes: number;
}

/** How keys and values are stored and spread. */
export interface KvLayout {
  readonly tensorParallel: number;
  readonly pipelineParallel: number;
  /** Bytes of an element of K and of V; they differ in llama.cpp only. */
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** Elements of each head's key, and of its value, where a server expands a latent (MLA) before it caches it. */
  readonly latentHeadSize?: number;
  /** Elements of a latent are rounded up to a multiple of this. */
  readonly latentMultiple?: number;
  /** Bytes of a latent for each token and layer, where they do not follow from its elements. */
  readonly latentBytes?: number;
  /** Bytes that a recurrent state has more, over all ranks, for tokens that are guessed ahead. */
  readonly guessedStateBytes?: number;
}

/**
 * The model's caches as one accelerator holds them. KV heads are divided among the ranks, and copied where there are fewer heads than
 * ranks; a latent (MLA) is copied to every rank, whatever their number. Recurrent states are divided.
 * Source: vllm/config/model.py `get_num_kv_heads`; vllm/v1/kv_cache_interface.py.
 */
export function kvGroups(model: ModelDescription, layout: KvLayout): readonly KvGroup[] {
  return model.kv
    .filter((group) => group.layers > 0)
    .map((group) => ({
      kind: group.kind,
      layers: Math.ceil(group.layers / layout.pipelineParallel),
      bytesPerToken: tokenBytes(model, group, layout),
      window: group.window,
      stateBytes: stateBytes(group, layout),
    }));
}

function stateBytes({ stateBytesPerSequence = 0 }: KvLayerGroup, layout: KvLayout): number {
  const { tensorParallel, guessedStateBytes = 0 } = layout;
  return stateBytesPerSequence === 0 ? 0 : (stateBytesPerSequence + guessedStateBytes) / tensorParallel;
}

function tokenBytes(model: ModelDescription, group: KvLayerGroup, layout: KvLayout): number {
  const { tensorParallel, keyBytes, valueBytes, latentHeadSize, latentMultiple = 1, latentBytes } = layout;
  if (group.kind === 'recurrent') return 0;
  if (group.kind === 'mla') {
    if (latentHeadSize !== undefined)
      return Math.ceil(model.numAttentionHeads / tensorParallel) * latentHeadSize * (keyBytes + valueBytes);
    return latentBytes ?? Math.ceil(group.elementsPerToken / latentMultiple) * latentMultiple * keyBytes;
  }
  const heads = Math.max(1, Math.ceil(group.kvHeads / tensorParallel));
  const { elementBytes: own } = group;
  return heads * (group.keyDim * (own ?? keyBytes) + group.valueDim * (own ?? valueBytes));
}

/** Bytes that one more token takes on one accelerator, all layers, windows counted as if they kept everything. */
export function bytesPerToken(groups: readonly KvGroup[]): number {
  return groups
    .filter((group) => group.kind !== 'cross')
    .reduce((total, group) => total + group.bytesPerToken * group.layers, 0);
}
