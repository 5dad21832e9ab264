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
    /** Full precision with keys and values stored in `type`; only with `--kv-cache`. */
    readonly kvCache?: SchemeEvaluation & { readonly type: string };
    /** Inputs of layers that INT8 activations serve badly, as calibration saw them. */
    readonly inputs: readonly InputReport[];
    /** Only with `--sensitivity`, a scheme each. */
    readonly sensitivity: readonly SensitivityReport[];
  };
  /** Of an encoder: how many texts of the held-out file were embedded. */
  readonly embedding?: { readonly texts: number; readonly tokens: number };
  readonly schemes: readonly SchemeReport[];
  readonly run: {
    readonly bytesRead: number;
    readonly seconds: number;
    readonly gigabytesPerSecond: number;
    readonly threads: number;
    readonly peakRssBytes: number;
  };
}

/** Whether a scheme can be served from an instance type, by the planner's memory model. Sizes are of one accelerator, in bytes. */
export interface FitReport {
  readonly instanceType: string;
  readonly container: string;
  /** Tokens that sequences were planned with. */
  readonly context: number;
  readonly fits: boolean;
  readonly weightBytes: number | null;
  readonly memoryBytes: number | null;
  readonly kvCacheBytes: number | null;
  /** Sequences of `context` tokens at once. */
  readonly maxConcurrency: number | null;
  /** Why it does not fit. */
  readonly reason?: string;
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
  /** Of an encoder, instead of `evaluation`. */
  readonly embedding?: EmbeddingReport;
  /** Only with `--instances`: an instance type each, in the order asked for. */
  readonly instances?: readonly FitReport[];
  /** What a reader must know of the figures, and where a loss comes from: full sentences. */
  readonly notes: readonly string[];
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

/** Embeddings of the same texts, against those of full precision. */
export interface EmbeddingReport {
  readonly meanCosine: number;
  readonly worstCosine: number;
  /** Spearman's correlation of each text's similarities to the others, averaged. */
  readonly rankAgreement: number;
  /** Share of texts whose nearest other text is the same. */
  readonly nearestAgreement: number;
}

export interface InputReport {
  readonly kind: 'outlier-channels' | 'spikes';
  /** Tensors that read the input. */
  readonly weights: readonly string[];
  /** Channels responsible. */
  readonly channels: readonly number[];
  /** Largest |x| over the calibration text, and the median channel's mean |x|. */
  readonly peak: number;
  readonly typical: number;
  /** Steps of an INT8 scale that a typical value spans: with a scale for each token, and with one for all. */
  readonly tokenSteps: number;
  readonly staticSteps: number;
}

/** What a scheme does to each part of a model when all else is left as it is. */
export interface SensitivityReport {
  readonly scheme: string;
  /** Of the text that was used here, which may be shorter. */
  readonly tokens: number;
  readonly perplexity: number;
  readonly whole: SchemeEvaluation;
  /** Those that lose most first. */
  readonly units: readonly {
    readonly weights: readonly string[];
    readonly meanKl: number;
    readonly perplexity: number;
  }[];
  /** The fewest of them that make up half of the loss, kept at higher precision; absent where that would be none or all. */
  readonly proposal?: {
    readonly kept: readonly string[];
    readonly keptAs: string;
    readonly extraBytes: number;
    readonly expectedMeanKl: number;
    readonly measured: SchemeEvaluation;
  };
}
