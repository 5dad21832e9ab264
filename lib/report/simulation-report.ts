/** What `qe simulate --report` writes, as far as the page reads it. Errors are relative to the full-precision weights. */
export interface SimulationReport {
  readonly model: {
    readonly path: string;
    readonly digest: string;
    readonly architecture: string;
    readonly parameters: number;
    readonly bytes: number;
  };
  /** Full precision on the held-out text; only with `--evaluate`. */
  readonly evaluation?: {
    readonly tokens: number;
    readonly window: number;
    readonly stride: number;
    readonly perplexity: number;
  };
  readonly schemes: readonly SchemeReport[];
  readonly run: {
    readonly bytesRead: number;
    readonly seconds: number;
    readonly gigabytesPerSecond: number;
    readonly threads: number;
    readonly peakRssBytes: number;
  };
}

export interface SchemeReport {
  readonly scheme: string;
  readonly groupSize?: number;
  /** Of the scheme's checkpoint. */
  readonly bytes: number;
  readonly bitsPerWeight: number;
  readonly weights: {
    /** 10·log10(Σw²/Σerr²) over all quantized tensors; null where nothing was lost. */
    readonly sqnrDb: number | null;
    readonly relativeError: number;
    readonly maxAbsError: number;
  };
  readonly evaluation?: SchemeEvaluation;
  readonly tensors: readonly TensorReport[];
}

export interface SchemeEvaluation {
  readonly perplexity: number;
  /** Nats a token, of the scheme's distribution against full precision. */
  readonly meanKl: number;
  readonly p99Kl: number;
  /** Share of tokens on which both put the same token first. */
  readonly top1Agreement: number;
}

export interface TensorReport {
  readonly name: string;
  readonly shape: readonly number[];
  readonly sqnrDb: number | null;
  readonly relativeError: number;
  readonly maxAbsError: number;
  /** Weights that saturated. */
  readonly clipped: number;
  /** Input columns whose largest weight stands far above the others'. */
  readonly outlierColumns: readonly number[];
}
