/** What a weight does in the model. Schemes quantize `linear` and `expert` weights; everything else keeps its own dtype unless the format says otherwise. */
export type WeightRole = 'embedding' | 'linear' | 'expert' | 'router' | 'norm' | 'bias' | 'head' | 'conv' | 'other';

/** Where in the model a weight sits; what a scheme leaves unquantized is decided by it. */
export type WeightPlace = 'text' | 'vision' | 'audio' | 'projector' | 'encoder' | 'decoder';

/**
 * A group of identical weights: the same name pattern and shape, repeated over layers (and experts).
 * Groups, not single tensors, so that a 671 B model is described by a few dozen objects.
 */
export interface WeightGroup {
  /** Checkpoint tensor name with `{layer}` and `{expert}` in place of indices, e.g. `model.layers.{layer}.self_attn.q_proj.weight`. */
  readonly name: string;
  readonly role: WeightRole;
  readonly place: WeightPlace;
  /**
   * `[outFeatures, inFeatures]` for a linear layer or an expert, also where the checkpoint stores the transpose (GPT-2's
   * Conv1D) or all experts in one tensor (then the name has no `{expert}`); the checkpoint's own shape for anything else.
   */
  readonly shape: readonly number[];
  /** Layers that have it; empty for a weight outside the layers. */
  readonly layers: readonly number[];
  /** Experts for each layer; 1 when not an expert weight. */
  readonly experts: number;
  /** How many tensors: max(1, layers) × experts. */
  readonly count: number;
  /** Elements over all tensors of the group. */
  readonly elements: number;
  /** How tensor parallelism cuts it: by output rows, by input columns, by expert, or each rank holds all of it. */
  readonly split: 'column' | 'row' | 'vocabulary' | 'expert' | 'replicated';
}

/** KV (or state) geometry of one kind of layer. */
export interface KvLayerGroup {
  /** `full`: grows with the context. `sliding`: at most `window` tokens. `cross`: one entry for each encoder token. `mla`: one latent for all heads. `recurrent`: a fixed state for each sequence. */
  readonly kind: 'full' | 'sliding' | 'chunked' | 'cross' | 'mla' | 'recurrent';
  readonly layers: number;
  readonly kvHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  /** Tokens; only for `sliding` and `chunked`. */
  readonly window?: number;
  /** Elements stored for each token and layer (K and V together, all heads); 0 for `recurrent`. */
  readonly elementsPerToken: number;
  /** Bytes of each element, where they are not those of the cache: what a server keeps beside keys and values in a format of its own. */
  readonly elementBytes?: number;
  /** Bytes for each sequence and layer, whatever its length (recurrent and convolution states). */
  readonly stateBytesPerSequence?: number;
}

export interface QuantizationConfig {
  /** `quant_method` as written, lower case. */
  readonly method: string;
  readonly bits?: number;
  readonly groupSize?: number;
  readonly symmetric?: boolean;
  readonly descAct?: boolean;
  /** Module names or patterns that stay unquantized. */
  readonly ignored: readonly string[];
  /** Verbatim. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** A `config.json`, understood. */
export interface ModelDescription {
  /** `architectures[0]`, or what `model_type` implies. */
  readonly architecture: string;
  readonly modelType: string;
  /** False: an architecture we do not know; figures are the generic decoder estimate and a warning is due. */
  readonly known: boolean;
  readonly kind: 'decoder' | 'encoder' | 'encoder-decoder';
  readonly multimodal: boolean;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly numAttentionHeads: number;
  /** Effective number, after the special cases (Falcon's `multi_query`). */
  readonly numKvHeads: number;
  readonly headDim: number;
  readonly intermediateSize: number;
  readonly vocabSize: number;
  /** Longest context the config claims, tokens; undefined where it does not say. */
  readonly maxPositionEmbeddings?: number;
  readonly slidingWindow?: number;
  readonly tieWordEmbeddings: boolean;
  readonly moe?: {
    readonly experts: number;
    readonly expertsPerToken: number;
    readonly expertIntermediateSize: number;
    readonly sharedExperts: number;
  };
  readonly mla?: { readonly kvLoraRank: number; readonly ropeHeadDim: number };
  /** dtype of the checkpoint: `float16`, `bfloat16`, `float32`, `float8_e4m3fn`… */
  readonly dtype?: string;
  readonly weights: readonly WeightGroup[];
  readonly parameterCount: number;
  /** Parameters that take part in one token's forward pass (all, but for MoE only the chosen experts). */
  readonly activeParameterCount: number;
  readonly kv: readonly KvLayerGroup[];
  /** Bytes for each token over all layers at 2 bytes an element, with no tensor parallelism; sliding layers counted as if full. */
  readonly kvBytesPerTokenBf16: number;
  readonly quantization?: QuantizationConfig;
  /** The text model's part of the config (`text_config` where there is one). */
  readonly textConfig: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
  /** What could not be made out, each a full sentence. */
  readonly notes: readonly string[];
}
