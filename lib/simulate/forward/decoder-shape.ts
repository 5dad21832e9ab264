import { SimulationError } from '../../errors';
import { describeModel } from '../../model';
import { mixtureShape, type MixtureShape } from './mixture-shape';
import type { RopeParameters } from './rope';

/** Numbers of kernels/forward/elementwise.ts. */
export const ACTIVATIONS = { silu: 0, geluTanh: 1, gelu: 2, relu: 3 } as const;

/** What a decoder computes, beside its weights. */
export interface DecoderShape {
  readonly architecture: string;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly intermediate: number;
  readonly vocabulary: number;
  readonly normEpsilon: number;
  /** Gemma stores the weights of its norms less one. */
  readonly normOffset: 0 | 1;
  /** Gemma 2 and 3 normalize the output of each half of a block as well. */
  readonly normsOutputs: boolean;
  /** OLMoE has one norm over all query heads and one over all key heads, where others norm each head. */
  readonly normsAllHeads: boolean;
  /** One of `ACTIVATIONS`. */
  readonly activation: number;
  readonly attentionScale: number;
  /** 0: none. */
  readonly attentionSoftcap: number;
  /** 0: none. */
  readonly finalSoftcap: number;
  readonly embeddingScale: number;
  readonly tiedHead: boolean;
  readonly maxPositions: number;
  /** For each layer. */
  readonly attention: readonly LayerAttention[];
  /** Of the layers that have experts in place of the one feed-forward. */
  readonly mixture?: MixtureShape;
}

export interface LayerAttention {
  /** Tokens; 0: all before. */
  readonly window: number;
  /** Undefined: positions are not encoded in this layer (SmolLM3's NoPE layers). */
  readonly rope?: RopeParameters;
}

/** Architectures that share Llama's block: two norms, gated MLP, rotary grouped-query attention. */
const LLAMA_LIKE: ReadonlySet<string> = new Set([
  'LlamaForCausalLM',
  'MistralForCausalLM',
  'Qwen2ForCausalLM',
  'Qwen3ForCausalLM',
  'SmolLM3ForCausalLM',
  'Phi3ForCausalLM',
  'GemmaForCausalLM',
  'Gemma2ForCausalLM',
  'Gemma3ForCausalLM',
  'MixtralForCausalLM',
  'Qwen2MoeForCausalLM',
  'Qwen3MoeForCausalLM',
  'OlmoeForCausalLM',
]);

/** Where a config leaves the ε of the norms out, Transformers' own default for the family holds; elsewhere it is 1e-6. */
const NORM_EPSILON: Readonly<Record<string, number>> = {
  Phi3ForCausalLM: 1e-5,
  MixtralForCausalLM: 1e-5,
  OlmoeForCausalLM: 1e-5,
};

/** Can the forward pass of this architecture be computed? */
export function isSupportedDecoder(architecture: string): boolean {
  return LLAMA_LIKE.has(architecture);
}

/**
 * @param config the checkpoint's config.json
 * @throws ModelConfigError for a config that cannot be read, SimulationError for an architecture whose forward pass is not known
 */
export function decoderShape(config: unknown): DecoderShape {
  const model = describeModel(config);
  const text = model.textConfig;
  if (!isSupportedDecoder(model.architecture)) throw unsupported(model.architecture);
  const gemma = model.architecture.startsWith('Gemma');
  const number = (key: string, otherwise: number) =>
    typeof text[key] === 'number' ? (text[key] as number) : otherwise;
  const attentionScale = number('query_pre_attn_scalar', model.headDim) ** -0.5;
  const shape: DecoderShape = {
    architecture: model.architecture,
    hidden: model.hiddenSize,
    layers: model.numLayers,
    heads: model.numAttentionHeads,
    kvHeads: model.numKvHeads,
    headDim: model.headDim,
    intermediate: model.intermediateSize,
    vocabulary: model.vocabSize,
    normEpsilon: number('rms_norm_eps', NORM_EPSILON[model.architecture] ?? 1e-6),
    normOffset: gemma ? 1 : 0,
    normsOutputs: model.architecture === 'Gemma2ForCausalLM' || model.architecture === 'Gemma3ForCausalLM',
    normsAllHeads: model.architecture === 'OlmoeForCausalLM',
    activation: activationOf(text, gemma),
    attentionScale,
    attentionSoftcap: number('attn_logit_softcapping', 0),
    finalSoftcap: number('final_logit_softcapping', 0),
    // Gemma rounds the factor to the type of its weights, bf16, before it multiplies.
    embeddingScale: gemma ? toBf16(Math.sqrt(model.hiddenSize)) : 1,
    tiedHead: model.tieWordEmbeddings,
    maxPositions: model.maxPositionEmbeddings ?? Infinity,
    attention: Array.from({ length: model.numLayers }, (_, layer) => layerAttention(text, model.headDim, layer)),
    mixture: mixtureShape(model),
  };
  if (typeof text.clip_qkv === 'number') throw unsupported(`${model.architecture} with clip_qkv`);
  const { mixture } = shape;
  const widths = [shape.hidden, shape.headDim, shape.intermediate];
  if (mixture !== undefined) widths.push(mixture.intermediate, mixture.sharedIntermediate);
  const ragged = widths.find((width) => width % 8 !== 0);
  if (ragged !== undefined) throw unsupported(`${model.architecture} with a width of ${ragged}, not a multiple of 8`);
  return shape;
}

type Config = Readonly<Record<string, unknown>>;

function layerAttention(text: Config, headDim: number, layer: number): LayerAttention {
  const types = text.layer_types;
  const declared = Array.isArray(types) ? types[layer] : undefined;
  const local = declared === undefined ? localByPattern(text, layer) : declared === 'sliding_attention';
  const window = local && typeof text.sliding_window === 'number' ? text.sliding_window : 0;
  return { window, rope: ropeOf(text, headDim, layer, local) };
}

/** Which layers slide, where the config does not list them: Gemma 2 every other, Gemma 3 five of six, Qwen 2 with experts every other below a number, the others by a switch. */
function localByPattern(text: Config, layer: number): boolean {
  if (text.model_type === 'gemma2') return layer % 2 === 0;
  if (text.model_type === 'gemma3_text' || text.model_type === 'gemma3') {
    const pattern = typeof text.sliding_window_pattern === 'number' ? text.sliding_window_pattern : 6;
    return (layer + 1) % pattern !== 0;
  }
  if (text.model_type === 'qwen2_moe') {
    const below = typeof text.max_window_layers === 'number' ? text.max_window_layers : 28;
    return text.use_sliding_window === true && layer % 2 === 0 && layer < below;
  }
  if (text.model_type === 'qwen3_moe') return text.use_sliding_window === true;
  if (text.use_sliding_window === false) return false;
  const from =
    text.use_sliding_window === true && typeof text.max_window_layers === 'number' ? text.max_window_layers : 0;
  return typeof text.sliding_window === 'number' && layer >= from;
}

function ropeOf(text: Config, headDim: number, layer: number, local: boolean): RopeParameters | undefined {
  const noRope = text.no_rope_layers;
  // SmolLM3 writes 1 for the layers that do have it.
  if (Array.isArray(noRope) && noRope[layer] === 0) return undefined;
  // transformers 5 gathers theta and scaling under one name, by kind of layer where kinds differ.
  const gathered = text.rope_parameters as Config | undefined;
  const kind = local ? 'sliding_attention' : 'full_attention';
  const scaling = ((gathered?.[kind] ?? gathered ?? text.rope_scaling) as Config | null | undefined) ?? undefined;
  const gemma3Local = local && typeof text.rope_local_base_freq === 'number';
  const theta = gemma3Local
    ? text.rope_local_base_freq
    : (scaling?.rope_theta ?? text.rope_theta ?? defaultTheta(text));
  const share = typeof text.partial_rotary_factor === 'number' ? text.partial_rotary_factor : 1;
  const maxPositions = typeof text.max_position_embeddings === 'number' ? text.max_position_embeddings : 2048;
  return {
    theta: theta as number,
    rotary: Math.floor(headDim * share),
    scaling: gemma3Local ? undefined : scaling,
    maxPositions,
  };
}

/** Transformers' own, where a config leaves it out. */
function defaultTheta({ model_type }: Config): number {
  return model_type === 'mixtral' ? 1_000_000 : 10_000;
}

function activationOf(text: Config, gemma: boolean): number {
  const name = text.hidden_activation ?? text.hidden_act ?? 'silu';
  switch (name) {
    case 'silu':
    case 'swish':
      return ACTIVATIONS.silu;
    case 'gelu_pytorch_tanh':
    case 'gelu_new':
      return ACTIVATIONS.geluTanh;
    case 'gelu':
      // The first Gemma's configs say gelu and mean the approximation.
      return gemma ? ACTIVATIONS.geluTanh : ACTIVATIONS.gelu;
    case 'relu':
      return ACTIVATIONS.relu;
    default:
      throw unsupported(`activation function '${String(name)}'`);
  }
}

function toBf16(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  view.setUint32(0, (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000);
  return view.getFloat32(0);
}

/** The error of a model whose forward pass is not computed here. */
export function unsupported(what: string): SimulationError {
  return new SimulationError('FORWARD_PASS_UNSUPPORTED', `the forward pass of ${what} is not known to this library`, {
    got: what,
    allowed: [...LLAMA_LIKE].join(', '),
    fix: 'leave out --evaluate: the weights are compared all the same',
  });
}
