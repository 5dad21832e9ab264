import type { ErrorFigures } from './figures';
import type { Scheme } from '../scheme';

/** One tensor in one scheme. */
export interface TensorFigures {
  readonly name: string;
  /** `[outFeatures, inFeatures]`. */
  readonly shape: readonly [number, number];
  readonly figures: ErrorFigures;
  /** Values beyond the grid by more than half a step, counted. */
  readonly clipped: number;
  /** Input columns whose weights are far larger or smaller than the others'. */
  readonly outlierColumns: readonly number[];
}

/** A tensor that a scheme leaves alone although it is a linear layer's. */
export interface SkippedTensor {
  readonly name: string;
  readonly reason: string;
}

/** What a scheme does to a checkpoint. */
export interface SchemeSimulation {
  readonly scheme: Scheme;
  /** Bytes of the checkpoint in this scheme: quantized layers with their scales, all else as it is stored. */
  readonly bytes: number;
  /** Bits a quantized weight takes, scales and zero points included. */
  readonly bitsPerWeight: number;
  /** Over all quantized tensors together. */
  readonly figures: ErrorFigures;
  readonly tensors: readonly TensorFigures[];
  readonly skipped: readonly SkippedTensor[];
  /** What a reader of the figures must know: full sentences. */
  readonly notes: readonly string[];
}

/** The result of a run. */
export interface Simulation {
  readonly model: {
    readonly path: string;
    /** `sha256:…` over the sorted tensor names and their SHA-256; undefined when it was not asked for. */
    readonly digest?: string;
    readonly architecture: string;
    readonly parameters: number;
    /** Bytes of all tensors as stored. */
    readonly bytes: number;
  };
  readonly schemes: readonly SchemeSimulation[];
  readonly run: {
    readonly bytesRead: number;
    readonly seconds: number;
    readonly threads: number;
    /** Largest resident memory of the process so far. */
    readonly peakRssBytes: number;
  };
}
