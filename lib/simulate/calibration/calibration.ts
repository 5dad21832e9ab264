import type { InputMoments } from '../moments/moments';

/** Statistics of the activations that enter one or several linear layers, over a calibration text. Arrays have a value a channel. */
export interface InputStatistics {
  readonly width: number;
  /** That entered: of an expert, those that its router sent it. */
  readonly tokens: number;
  /** Largest |x|. */
  readonly absMax: Float32Array;
  /** Mean of |x|. */
  readonly absMean: Float32Array;
  /** Lowest and highest x. */
  readonly lowest: Float32Array;
  readonly highest: Float32Array;
  /** E[x·xᵀ], where calibration kept it: GPTQ and AWQ need it. */
  readonly moments?: InputMoments;
}

/** What calibration found, by the weights that read each input. Statistics are read when they are asked for. */
export interface Calibration {
  /** As a person would recognize it. */
  readonly location: string;
  /** Tokens of the calibration text. */
  readonly tokens: number;
  /** Sequences it was cut into. */
  readonly sequences: number;
  /** Digest of the weights that the activations came from, if it was kept. */
  readonly modelDigest?: string;
  /** Weights, e.g. `model.layers.0.self_attn.q_proj.weight`, that read the same input: they stand in one group, in their order. */
  readonly groups: readonly (readonly string[])[];
  /** Groups that no token of the text entered, experts that the router never chose: there are no statistics of them. */
  readonly unreached?: readonly (readonly string[])[];
  /** Statistics of the input of a group, by any of its weights. */
  read(weight: string): Promise<InputStatistics | undefined>;
}
