import { llamaCppHas } from '../../container';
import type { ModelDescription } from '../../model/types';
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
  const { mla } = model;
  if (mla === undefined || llamaCppHas(container, 'latentAlone') !== false) return {};
  if (llamaCppHas(container, 'latentCache') !== false)
    return { latentBytes: (mla.kvLoraRank + mla.ropeHeadDim) * keyBytes + mla.kvLoraRank * valueBytes };
  const nope = sizeOf(model, 'qk_nope_head_dim');
  const value = sizeOf(model, 'v_head_dim');
  if (nope === undefined || value === undefined) return {};
  return { latentBytes: model.numAttentionHeads * ((nope + mla.ropeHeadDim) * keyBytes + value * valueBytes) };
}

function sizeOf({ config }: ModelDescription, key: string): number | undefined {
  const size = config[key];
  return typeof size === 'number' ? size : undefined;
}
