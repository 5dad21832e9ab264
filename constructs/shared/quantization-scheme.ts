/** Options of a scheme that shares one scale among a group of weights. */
export interface GroupedSchemeOptions {
  /**
   * Weights that share one scale; -1 is one group for each output channel.
   *
   * @default - what the checkpoint says, else 128
   */
  readonly groupSize?: number;
}

/**
 * How the weights are stored and computed.
 *
 * Leave it out for a checkpoint that is quantized already: its `config.json` says which scheme it is. A scheme that
 * contradicts the checkpoint is an error at synth.
 */
export class QuantizationScheme {
  /** The checkpoint's own precision, 16 or 32 bits. */
  static readonly NONE = new QuantizationScheme('none');

  /** AWQ: INT4 weights in groups of 128, 16-bit activations. */
  static readonly AWQ = new QuantizationScheme('awq');

  /** GPTQ: INT4 weights in groups of 128 unless the checkpoint says otherwise, 16-bit activations. */
  static readonly GPTQ = new QuantizationScheme('gptq');

  /** Round to nearest: INT4 weights in groups of 128, without calibration. */
  static readonly INT4_RTN = new QuantizationScheme('int4-rtn');

  /** INT8 weights for each output channel, 16-bit activations. */
  static readonly INT8_WEIGHT_ONLY = new QuantizationScheme('int8-weight-only');

  /** INT8 weights for each output channel, INT8 activations scaled token by token. */
  static readonly INT8_W8A8 = new QuantizationScheme('int8-w8a8');

  /** INT8 weights for each output channel, INT8 activations with one scale that was measured beforehand. */
  static readonly INT8_W8A8_STATIC = new QuantizationScheme('int8-w8a8-static');

  /** SmoothQuant: outliers are moved from the activations into the weights, then INT8 for both. */
  static readonly SMOOTHQUANT = new QuantizationScheme('smoothquant');

  /** FP8 (E4M3) weights, FP8 activations scaled token by token. */
  static readonly FP8 = new QuantizationScheme('fp8');

  /** FP8 (E4M3) weights, FP8 activations with one scale that was measured beforehand. */
  static readonly FP8_STATIC = new QuantizationScheme('fp8-static');

  /** FP8 (E4M3) weights in blocks of 128 × 128, as DeepSeek-V3 stores them. */
  static readonly FP8_BLOCK = new QuantizationScheme('fp8-block');

  /** FP8 (E4M3) weights, 16-bit activations: for GPUs that cannot compute in FP8. */
  static readonly FP8_WEIGHT_ONLY = new QuantizationScheme('fp8-weight-only');

  /** bitsandbytes NF4. */
  static readonly BITSANDBYTES_NF4 = new QuantizationScheme('bitsandbytes-nf4');

  /** bitsandbytes LLM.int8(). */
  static readonly BITSANDBYTES_INT8 = new QuantizationScheme('bitsandbytes-int8');

  /** MXFP4, as gpt-oss stores its experts. */
  static readonly MXFP4 = new QuantizationScheme('mxfp4');

  /** NVFP4, for Blackwell GPUs. */
  static readonly NVFP4 = new QuantizationScheme('nvfp4');

  /**
   * A GGUF file type, with llama.cpp's mix of tensor types.
   *
   * @param fileType such as `Q4_K_M` or `Q8_0`
   */
  static gguf(fileType: string): QuantizationScheme {
    return new QuantizationScheme(`gguf:${fileType}`);
  }

  /**
   * A scheme by its name in the endpoint spec, also to give another group size: `QuantizationScheme.of('awq', {
   * groupSize: 64 })`. A name that does not exist is an error at synth that names the nearest one.
   */
  static of(schemeName: string, options: GroupedSchemeOptions = {}): QuantizationScheme {
    return new QuantizationScheme(schemeName, options.groupSize);
  }

  /** Name in the endpoint spec, such as `awq` or `gguf:Q4_K_M`. */
  readonly schemeName: string;

  /** Weights that share one scale, where it was given. */
  readonly groupSize?: number;

  private constructor(schemeName: string, groupSize?: number) {
    this.schemeName = schemeName;
    this.groupSize = groupSize;
  }

  /** Name in the endpoint spec. */
  toString(): string {
    return this.schemeName;
  }
}
