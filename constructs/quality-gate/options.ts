import type { Duration } from 'aws-cdk-lib';

/** What a quantized model may lose against full precision, measured on a held-out text. */
export interface QualityGateOptions {
  /**
   * Most that perplexity may rise, as a share of full precision's: `0.03` lets 41.5 become 42.7.
   *
   * @default - no limit
   */
  readonly maxPerplexityIncrease?: number;

  /**
   * Highest mean KL divergence from full precision, in nats a token.
   *
   * @default - no limit
   */
  readonly maxKl?: number;

  /**
   * Highest 99th percentile of the KL divergence, in nats: what the worst tokens suffer.
   *
   * @default - no limit
   */
  readonly maxP99Kl?: number;

  /**
   * Lowest share of tokens on which the quantized model and full precision put the same token first.
   *
   * @default - no limit
   */
  readonly minTop1Agreement?: number;

  /**
   * Encoders: lowest mean cosine between the quantized model's embeddings and those of full precision.
   *
   * @default - no limit
   */
  readonly minMeanCosine?: number;

  /**
   * Encoders: lowest rank correlation between the similarities of each text to all others, before and after.
   *
   * @default - no limit
   */
  readonly minRankAgreement?: number;

  /**
   * How old the report may be when the app is synthesized.
   *
   * @default - any age
   */
  readonly maxAge?: Duration;

  /**
   * Digest of the full-precision weights that the endpoint's model was made from, as the report has it in
   * `model.digest`. For weights that synth cannot read, those on the hub or in S3, and for those that another tool quantized.
   *
   * @default - of a `ModelSource.localDirectory`: worked out from files that are not quantized, and as `qe quantize` noted
   * it down in `config.json`, or with `--digest` beside a GGUF; otherwise a warning says that it was not compared
   */
  readonly modelDigest?: string;
}
