import type { BlockActivations, Point } from './activations';
import type { KvQuantization } from './kv-cache';
import type { PointStatistics } from './point-statistics';

/** A packed linear layer in the shared memory. */
export interface PackedLinear {
  readonly packed: number;
  readonly outputs: number;
  readonly inputs: number;
  /** Address, or 0 for none. */
  readonly bias: number;
}

/** A feed-forward in the shared memory. */
export interface PackedMlp {
  readonly gate: PackedLinear;
  readonly up: PackedLinear;
  readonly down: PackedLinear;
}

/** All of a block but its feed-forward in the shared memory: addresses, 0 for what it does not have. */
export interface PackedAttention {
  readonly query: PackedLinear;
  readonly key: PackedLinear;
  readonly value: PackedLinear;
  readonly output: PackedLinear;
  readonly attentionNorm: number;
  readonly mlpNorm: number;
  readonly attentionOutputNorm: number;
  readonly mlpOutputNorm: number;
  readonly queryNorm: number;
  readonly keyNorm: number;
  readonly cosines: number;
  readonly sines: number;
  readonly rotary: number;
  /** Tokens a token sees; 0: all before it. */
  readonly window: number;
}

export interface PackedBlock extends PackedAttention, PackedMlp {}

/** What is done to activations on their way into linear layers. */
export interface Entry {
  readonly activations: BlockActivations;
  readonly statistics?: Readonly<Partial<Record<Point, PointStatistics>>>;
}

export interface AttentionJob extends Entry {
  readonly block: PackedAttention;
  /** Residual stream of one window, `[tokens][hidden]`: read, and replaced by the output. */
  readonly x: number;
  readonly tokens: number;
  readonly kv: KvQuantization;
}

export interface BlockJob extends AttentionJob {
  readonly kind: 'block';
  readonly block: PackedBlock;
}

/** The attention of a block with experts, and the choice of each token's experts. */
export interface AttendJob extends AttentionJob {
  readonly kind: 'attend';
  readonly router: PackedLinear;
  /** Address of the routes to fill: see routes.ts. */
  readonly routes: number;
}

/** One expert, for the tokens of a window that chose it. */
export interface ExpertJob extends Entry {
  readonly kind: 'expert';
  readonly expert: number;
  readonly mlp: PackedMlp;
  /** Of the expert that every token passes: its sigmoid says how much of it each takes. */
  readonly sharedGate?: PackedLinear;
  readonly norm: number;
  /** Residual stream of one window after the attention, which stays as it is. */
  readonly x: number;
  /** `[tokens][hidden]`: the expert's part is added. */
  readonly output: number;
  readonly routes: number;
  readonly tokens: number;
}

/** Compares what the last block left of full precision and of each variant. */
export interface ScoreJob {
  readonly kind: 'score';
  readonly norm: number;
  readonly head: PackedLinear;
  /** Residual streams of one window; the first is full precision. */
  readonly streams: readonly number[];
  readonly tokens: number;
  /** `[tokens]` i32: the token that should come next; −1: not scored. */
  readonly targets: number;
  /** `[streams][tokens][3]` f64 to fill: negative log-likelihood, divergence from the first stream, 1 if both choose the same token. */
  readonly results: number;
}

export interface LogitsJob {
  readonly kind: 'logits';
  readonly norm: number;
  readonly head: PackedLinear;
  readonly x: number;
  readonly tokens: number;
  /** `[tokens][vocabulary]` f32 to fill. */
  readonly logits: number;
}

export type DecoderJob = BlockJob | AttendJob | ExpertJob | ScoreJob | LogitsJob;
