import type { KvLayerGroup } from './types';

/** Keys and values of every token, for `kvHeads` heads. */
export function fullKv(layers: number, kvHeads: number, keyDim: number, valueDim = keyDim): KvLayerGroup {
  return attentionKv('full', layers, kvHeads, keyDim, valueDim);
}

/** Only the last `window` tokens are ever looked at. */
export function slidingKv(
  layers: number,
  kvHeads: number,
  keyDim: number,
  window: number,
  valueDim = keyDim,
): KvLayerGroup {
  return { ...attentionKv('sliding', layers, kvHeads, keyDim, valueDim), window };
}

/** Tokens look back to the start of their own chunk. */
export function chunkedKv(layers: number, kvHeads: number, keyDim: number, window: number): KvLayerGroup {
  return { ...attentionKv('chunked', layers, kvHeads, keyDim, keyDim), window };
}

/** Keys and values of the encoder's tokens. */
export function crossKv(layers: number, kvHeads: number, keyDim: number): KvLayerGroup {
  return attentionKv('cross', layers, kvHeads, keyDim, keyDim);
}

/** Multi-head latent attention: one compressed latent and one rotary key, whatever the number of heads (DeepSeek-V2, 2024, §2.1). */
export function latentKv(layers: number, kvLoraRank: number, ropeHeadDim: number): KvLayerGroup {
  return {
    kind: 'mla',
    layers,
    kvHeads: 1,
    keyDim: kvLoraRank + ropeHeadDim,
    valueDim: kvLoraRank,
    elementsPerToken: kvLoraRank + ropeHeadDim,
  };
}

/** A state of fixed size for each sequence. */
export function recurrentState(layers: number, bytes: number): KvLayerGroup {
  return {
    kind: 'recurrent',
    layers,
    kvHeads: 0,
    keyDim: 0,
    valueDim: 0,
    elementsPerToken: 0,
    stateBytesPerSequence: bytes,
  };
}

function attentionKv(
  kind: KvLayerGroup['kind'],
  layers: number,
  kvHeads: number,
  keyDim: number,
  valueDim: number,
): KvLayerGroup {
  return { kind, layers, kvHeads, keyDim, valueDim, elementsPerToken: kvHeads * (keyDim + valueDim) };
}

/** The kind of attention of each layer, as configs write it in `layer_types` and older keys. */
export type AttentionKind = 'full_attention' | 'sliding_attention' | 'chunked_attention';

/** KV of layers that differ only in how far back they look. */
export function kvByKind(
  kinds: readonly string[],
  kvHeads: number,
  headDim: number,
  window: number | undefined,
  valueDim = headDim,
): KvLayerGroup[] {
  const full = kinds.filter((kind) => kind === 'full_attention').length;
  const sliding = kinds.filter((kind) => kind === 'sliding_attention').length;
  const chunked = kinds.filter((kind) => kind === 'chunked_attention').length;
  const groups: KvLayerGroup[] = [];
  const fullLayers = window === undefined ? full + sliding + chunked : full;
  if (fullLayers > 0) groups.push(fullKv(fullLayers, kvHeads, headDim, valueDim));
  if (window !== undefined && sliding > 0) groups.push(slidingKv(sliding, kvHeads, headDim, window, valueDim));
  if (window !== undefined && chunked > 0) groups.push(chunkedKv(chunked, kvHeads, headDim, window));
  return groups;
}
