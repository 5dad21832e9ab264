import type { WeightScope } from '../weights';
import type { Geometry } from './geometry';

export interface AttentionTraits {
  /** Bias on the query, key and value projections. */
  readonly qkvBias?: boolean;
  readonly outBias?: boolean;
  /** RMS norm on queries and keys: one weight a head dimension, or one for all heads together. */
  readonly qkNorm?: 'head' | 'all';
  readonly names?: Partial<typeof PROJECTIONS>;
}

const PROJECTIONS = { q: 'q_proj', k: 'k_proj', v: 'v_proj', o: 'o_proj', qNorm: 'q_norm', kNorm: 'k_norm' };

/** Query, key, value and output projections, each on its own. */
export function separateAttention(scope: WeightScope, g: Geometry, traits: AttentionTraits = {}): void {
  const names = { ...PROJECTIONS, ...traits.names };
  const query = g.heads * g.headDim;
  const keyValue = g.kvHeads * g.headDim;
  const { qkvBias = false, outBias = false } = traits;
  scope
    .linear(names.q, query, g.hidden, 'column', qkvBias)
    .linear(names.k, keyValue, g.hidden, 'column', qkvBias)
    .linear(names.v, keyValue, g.hidden, 'column', qkvBias)
    .linear(names.o, g.hidden, query, 'row', outBias);
  if (traits.qkNorm === 'head') scope.norm(names.qNorm, g.headDim).norm(names.kNorm, g.headDim);
  if (traits.qkNorm === 'all') scope.norm(names.qNorm, query).norm(names.kNorm, keyValue);
}

/** One matrix for queries, keys and values. */
export function fusedAttention(
  scope: WeightScope,
  g: Geometry,
  names: { readonly qkv: string; readonly o: string },
  bias: { readonly qkv?: boolean; readonly o?: boolean } = {},
): void {
  scope
    .linear(names.qkv, (g.heads + 2 * g.kvHeads) * g.headDim, g.hidden, 'column', bias.qkv)
    .linear(names.o, g.hidden, g.heads * g.headDim, 'row', bias.o);
}
