import { llamaCppHas } from '../../container';
import type { KvLayout } from '../kv/groups';
import type { Subject } from '../subject';

/**
 * How a build of llama.cpp caches a latent (MLA). The newest keep the latent alone, as the key. Those up to b7698 kept its part without
 * positions once more, as the value; those up to b4980 expanded it into keys and values of every head.
 * Source: llama.cpp src/llama-kv-cache.cpp, `has_v` (b7836); src/llama-model.cpp, DEEPSEEK2 (b4980, b5415).
 */
export function latentLayout(
  { model, container }: Pick<Subject, 'model' | 'container'>,
  keyBytes: number,
  valueBytes: number,
): Pick<KvLayout, 'latentBytes'> {
  const { mla, numAttentionHeads, textConfig } = model;
  if (mla === undefined || llamaCppHas(container, 'latentAlone') !== false) return {};
  const key = mla.kvLoraRank + mla.ropeHeadDim;
  if (llamaCppHas(container, 'latentCache') !== false)
    return { latentBytes: key * keyBytes + mla.kvLoraRank * valueBytes };
  // A model with a latent is described only if its config has these.
  const keyOfHead = Number(textConfig.qk_nope_head_dim) + mla.ropeHeadDim;
  const valueOfHead = Number(textConfig.v_head_dim);
  return { latentBytes: numAttentionHeads * (keyOfHead * keyBytes + valueOfHead * valueBytes) };
}
