import type { ConfigReader } from '../config';
import type { WeightScope } from '../weights';
import type { Geometry } from './geometry';

/** Sizes of multi-head latent attention (DeepSeek-V2, 2024). */
export interface LatentGeometry {
  /** Undefined: queries are not compressed. */
  readonly qLoraRank?: number;
  readonly kvLoraRank: number;
  readonly nopeHeadDim: number;
  readonly ropeHeadDim: number;
  readonly valueHeadDim: number;
}

export function readLatent(config: ConfigReader): LatentGeometry {
  return {
    qLoraRank: config.optionalSize('q_lora_rank'),
    kvLoraRank: config.size('kv_lora_rank'),
    nopeHeadDim: config.size('qk_nope_head_dim'),
    ropeHeadDim: config.size('qk_rope_head_dim'),
    valueHeadDim: config.size('v_head_dim'),
  };
}

/** The compressing projections are held whole on every rank; the expanding ones are cut by head. */
export function latentAttention(scope: WeightScope, g: Geometry, latent: LatentGeometry, bias = false): void {
  const query = g.heads * (latent.nopeHeadDim + latent.ropeHeadDim);
  if (latent.qLoraRank === undefined) scope.linear('q_proj', query, g.hidden, 'column');
  else {
    scope
      .linear('q_a_proj', latent.qLoraRank, g.hidden, 'replicated', bias)
      .norm('q_a_layernorm', latent.qLoraRank)
      .linear('q_b_proj', query, latent.qLoraRank, 'column');
  }
  scope
    .linear('kv_a_proj_with_mqa', latent.kvLoraRank + latent.ropeHeadDim, g.hidden, 'replicated', bias)
    .norm('kv_a_layernorm', latent.kvLoraRank)
    .linear('kv_b_proj', g.heads * (latent.nopeHeadDim + latent.valueHeadDim), latent.kvLoraRank, 'column')
    .linear('o_proj', g.hidden, g.heads * latent.valueHeadDim, 'row', bias);
}
