import type { ConfigReader } from '../config';
import type { KvLayerGroup } from '../types';
import { recurrentState } from '../kv';
import type { WeightScope } from '../weights';

/** Sizes of a Mamba-2 mixer (Dao and Gu, 2024). */
export interface Mamba2Geometry {
  readonly hidden: number;
  readonly heads: number;
  readonly headDim: number;
  readonly groups: number;
  readonly state: number;
  readonly kernel: number;
  readonly projectionBias: boolean;
  readonly convolutionBias: boolean;
  /** A norm over the inner width behind the state space. */
  readonly gatedNorm: boolean;
}

/** One mixer: input projection, short convolution, state space, output projection. */
export function mamba2Mixer(scope: WeightScope, m: Mamba2Geometry): void {
  const inner = m.heads * m.headDim;
  const convolved = inner + 2 * m.groups * m.state;
  scope
    .linear('in_proj', inner + convolved + m.heads, m.hidden, 'column', m.projectionBias)
    .conv('conv1d', [convolved, 1, m.kernel], 'column', m.convolutionBias)
    .parameter('dt_bias', [m.heads], 'column')
    .parameter('A_log', [m.heads], 'column')
    .parameter('D', [m.heads], 'column')
    .linear('out_proj', m.hidden, inner, 'row', m.projectionBias);
  if (m.gatedNorm) scope.norm('norm', inner);
}

/** Convolution window and state of each sequence; the state in 16 bits unless the config asks for 32. */
export function mamba2State(layers: number, m: Mamba2Geometry, config: ConfigReader): KvLayerGroup {
  const convolved = m.heads * m.headDim + 2 * m.groups * m.state;
  const state = m.heads * m.headDim * m.state;
  return recurrentState(layers, 2 * convolved * (m.kernel - 1) + stateBytes(config) * state);
}

/** Bytes of one element of the recurrent state. */
export function stateBytes(config: ConfigReader): number {
  const written = config.get('mamba_ssm_dtype') ?? config.get('mamba_ssm_cache_dtype');
  return written === 'float32' || written === 'torch.float32' ? 4 : 2;
}

/** Sizes of a Mamba mixer of the first kind (Gu and Dao, 2023). */
export interface Mamba1Geometry {
  readonly hidden: number;
  readonly inner: number;
  readonly state: number;
  readonly kernel: number;
  readonly timeStepRank: number;
  readonly projectionBias: boolean;
  readonly convolutionBias: boolean;
  /** Norms on time step, B and C (Jamba). */
  readonly innerNorms: boolean;
}

export function mamba1Mixer(scope: WeightScope, m: Mamba1Geometry): void {
  scope
    .linear('in_proj', 2 * m.inner, m.hidden, 'column', m.projectionBias)
    .conv('conv1d', [m.inner, 1, m.kernel], 'column', m.convolutionBias)
    .linear('x_proj', m.timeStepRank + 2 * m.state, m.inner, 'row')
    .linear('dt_proj', m.inner, m.timeStepRank, 'column', true)
    .parameter('A_log', [m.inner, m.state], 'column')
    .parameter('D', [m.inner], 'column')
    .linear('out_proj', m.hidden, m.inner, 'row', m.projectionBias);
  if (m.innerNorms) {
    scope.norm('dt_layernorm', m.timeStepRank).norm('b_layernorm', m.state).norm('c_layernorm', m.state);
  }
}

export function mamba1State(layers: number, m: Mamba1Geometry, config: ConfigReader): KvLayerGroup {
  return recurrentState(layers, 2 * m.inner * (m.kernel - 1) + stateBytes(config) * m.inner * m.state);
}

/** Sizes of a gated delta net (Qwen3-Next, Qwen3.5). */
export interface DeltaNetGeometry {
  readonly hidden: number;
  readonly keyHeads: number;
  readonly keyDim: number;
  readonly valueHeads: number;
  readonly valueDim: number;
  readonly kernel: number;
}

export function readDeltaNet(config: ConfigReader, hidden: number): DeltaNetGeometry {
  return {
    hidden,
    keyHeads: config.size('linear_num_key_heads'),
    keyDim: config.size('linear_key_head_dim'),
    valueHeads: config.size('linear_num_value_heads'),
    valueDim: config.size('linear_value_head_dim'),
    kernel: config.sizeOr(4, 'linear_conv_kernel_dim'),
  };
}

/** @param fused whether query, key, value and gate share one projection (Qwen3-Next), or have their own (Qwen3.5) */
export function deltaNet(scope: WeightScope, d: DeltaNetGeometry, fused: boolean): void {
  const key = d.keyHeads * d.keyDim;
  const value = d.valueHeads * d.valueDim;
  if (fused) {
    scope
      .linear('in_proj_qkvz', 2 * key + 2 * value, d.hidden, 'column')
      .linear('in_proj_ba', 2 * d.valueHeads, d.hidden, 'column');
  } else {
    scope
      .linear('in_proj_qkv', 2 * key + value, d.hidden, 'column')
      .linear('in_proj_z', value, d.hidden, 'column')
      .linear('in_proj_b', d.valueHeads, d.hidden, 'column')
      .linear('in_proj_a', d.valueHeads, d.hidden, 'column');
  }
  scope
    .conv('conv1d', [2 * key + value, 1, d.kernel], 'column')
    .parameter('dt_bias', [d.valueHeads], 'column')
    .parameter('A_log', [d.valueHeads], 'column')
    .norm('norm', d.valueDim)
    .linear('out_proj', d.hidden, value, 'row');
}

export function deltaNetState(layers: number, d: DeltaNetGeometry, config: ConfigReader): KvLayerGroup {
  const convolved = 2 * d.keyHeads * d.keyDim + d.valueHeads * d.valueDim;
  const state = d.valueHeads * d.keyDim * d.valueDim;
  return recurrentState(layers, 2 * convolved * (d.kernel - 1) + stateBytes(config) * state);
}
