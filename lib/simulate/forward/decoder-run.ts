import type { ActivationQuantization, BlockActivations, BlockPart } from './activations';
import type { DecoderShape } from './decoder-shape';
import type { KvQuantization } from './kv-cache';
import type { WeightSource } from './weights';

/** One way to run the model beside full precision. */
export interface Variant {
  readonly name: string;
  readonly activations: ActivationQuantization | ((layer: number) => BlockActivations);
  readonly kv: KvQuantization;
  /**
   * The block as the scheme stores it, decoded again; of a mixture of experts first all but the experts, then each of these that a token
   * passes. It must leave what it is given as it was; the same back means that nothing is quantized in it, which costs nothing until the
   * first that is.
   */
  readonly block: <Part extends BlockPart>(part: Part, layer: number) => Part | Promise<Part>;
}

/** Figures over all scored tokens of all windows. KL in nats, against full precision. */
export interface VariantFigures {
  readonly name: string;
  readonly tokens: number;
  readonly perplexity: number;
  readonly meanKl: number;
  readonly p99Kl: number;
  readonly top1Agreement: number;
}

export interface DecoderProgress {
  /** Of `total`, in windows × blocks × streams; a block with experts counts for its attention and for each of them. */
  readonly done: number;
  readonly total: number;
}

export interface DecoderOptions {
  readonly source: WeightSource;
  readonly shape: DecoderShape;
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DecoderProgress) => void;
}
