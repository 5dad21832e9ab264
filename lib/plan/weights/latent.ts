import { isSince } from '../../endpoint/version';
import type { EngineName } from '../../container/types';
import type { WeightGroup } from '../../model/types';
import type { Scheme } from '../../scheme/types';
import { cachesLatent, isFp8 } from '../latent';
import { allocatedBytes } from './allocator';
import type { Shard } from './shard';

/**
 * What vLLM keeps of latent attention's projections beside themselves. `absorbed`: products of the query's and of the output's projection
 * with the latent's, of 0.7.1 to 0.7.3. `expanded`: the latent's projection in 16 bits where it is quantized, since.
 * Sources: vllm/attention/backends/mla/utils.py of 0.7.2, `process_weights_after_loading`; vllm/v1/attention/backends/mla/common.py of
 * 0.8.5; vllm/model_executor/layers/attention/mla_attention.py of 0.30.0.
 */
export type LatentCopies = 'none' | 'absorbed' | 'expanded';

export function latentCopies(engine: EngineName, version: readonly number[] | undefined, scheme: Scheme): LatentCopies {
  if (engine !== 'vllm' || !cachesLatent(scheme, version)) return 'none';
  return isSince(version, 0, 8) ? 'expanded' : 'absorbed';
}

/** Bytes of the copies of one layer on one rank; 0 for a layer without latent attention. */
export function latentCopyBytes(
  copies: LatentCopies,
  groups: readonly WeightGroup[],
  quantized: readonly boolean[],
  shards: readonly Shard[],
  scheme: Scheme,
  sizes: { readonly ropeHeadDim: number; readonly plainBytes: number },
): number {
  const find = (name: RegExp) => groups.findIndex((group) => name.test(group.name));
  const at = find(/\.kv_b_proj\.weight$/);
  if (copies === 'none' || at < 0) return 0;
  // Both halves of the latent's projection, of which the engine keeps views where it is stored in 16 bits.
  const [rows, latent] = shards[at].shape;
  const expanded = quantized[at] ? allocatedBytes(rows * latent * sizes.plainBytes) : 0;
  if (copies === 'expanded') return expanded;
  const query = shards[find(/\.q(_b)?_proj\.weight$/)];
  const output = shards[find(/\.o_proj\.weight$/)];
  if (query === undefined || output === undefined) return expanded;
  const headRows = query.shape[0];
  const valueColumns = output.shape[1];
  // A head's query has a part that rotates and one as wide as its key without rotation; what is left of `rows` are the values.
  const heads = (headRows - (rows - valueColumns)) / sizes.ropeHeadDim;
  const elementBytes = isFp8(scheme) && quantized[at] ? 1 : sizes.plainBytes;
  const [queryInput, hidden] = [query.shape[1], output.shape[0]];
  return (
    expanded +
    allocatedBytes(queryInput * heads * latent * elementBytes) +
    allocatedBytes(heads * latent * hidden * elementBytes) +
    allocatedBytes(queryInput * heads * sizes.ropeHeadDim * sizes.plainBytes)
  );
}
