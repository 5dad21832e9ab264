import type { Draft, Names, Surroundings } from '../architecture';
import { PLAIN_NAMES } from '../architecture';
import type { ConfigReader } from '../config';
import { kvByKind } from '../kv';
import { firstLayers } from '../layers';
import type { WeightScope } from '../weights';
import { WeightList } from '../weights';
import type { AttentionTraits } from './attention';
import { separateAttention } from './attention';
import type { Geometry } from './geometry';
import { readGeometry } from './geometry';
import { gatedMlp } from './mlp';
import type { Mixture, MixtureNames } from './moe';
import { gatedMixture, mixtureFigures } from './moe';
import type { Windows } from './windows';
import { noWindow } from './windows';

/**
 * In what a decoder differs from Llama: pre-norm layers of attention and a gated feed-forward, an embedding, a final
 * norm, a head. A family states only its differences.
 */
export interface DecoderTraits {
  /** Where neither the config nor what surrounds it says. */
  readonly tiedByDefault?: boolean;
  readonly geometry?: (config: ConfigReader) => Partial<Geometry>;
  readonly attentionTraits?: (config: ConfigReader, g: Geometry) => AttentionTraits;
  /** Instead of separate projections. */
  readonly attention?: (layer: WeightScope, g: Geometry, config: ConfigReader) => unknown;
  /** Instead of the gated feed-forward below `mlp.`; also given the layers that have no experts. */
  readonly mlp?: (layer: WeightScope, g: Geometry, config: ConfigReader) => unknown;
  readonly mlpBias?: (config: ConfigReader) => boolean;
  readonly mixture?: (config: ConfigReader, g: Geometry) => Mixture | undefined;
  /** Instead of router and gated experts below `mlp.`. */
  readonly experts?: (layer: WeightScope, g: Geometry, mixture: Mixture, config: ConfigReader) => unknown;
  readonly expertNames?: MixtureNames;
  /** Norms of each layer. */
  readonly norms?: readonly string[] | ((config: ConfigReader) => readonly string[]);
  readonly normBias?: boolean;
  /** Further weights of each layer. */
  readonly more?: (layer: WeightScope, g: Geometry, config: ConfigReader) => unknown;
  /** Further weights outside the layers. */
  readonly moreOutside?: (body: WeightScope, g: Geometry, config: ConfigReader) => unknown;
  readonly windows?: (config: ConfigReader, layers: number) => Windows;
  readonly names?: Partial<typeof LLAMA_NAMES>;
  /** Before all of it, where not `model.`. */
  readonly body?: string;
  /** The head's module, where not `lm_head`. */
  readonly head?: string;
  readonly headBias?: (config: ConfigReader) => boolean;
  /** Whether there is a norm after the last layer, with or without `normBias`; default: yes. */
  readonly finalNorm?: (config: ConfigReader) => boolean;
  /** Where the embedding is narrower than the layers. */
  readonly embeddingWidth?: (config: ConfigReader, g: Geometry) => number;
}

const LLAMA_NAMES = { embedding: 'embed_tokens', layers: 'layers', attention: 'self_attn.', mlp: 'mlp.', norm: 'norm' };
/** Classes that end with the last hidden state, as embedding models do. ChatGLMModel and AquilaModel, despite their names, do not. */
const HEADLESS = new Set(['LlamaModel', 'MistralModel', 'Qwen2Model', 'Qwen3Model', 'Gemma3TextModel', 'BloomModel']);
const CLASSIFIER = /ForSequenceClassification$/;

const LLAMA_NORMS = ['input_layernorm', 'post_attention_layernorm'];

/** A decoder that differs from Llama only in `traits`. */
export function decoder(traits: DecoderTraits = {}): (config: ConfigReader, surroundings: Surroundings) => Draft {
  return (config, surroundings) => describeDecoder(config, surroundings, traits);
}

function describeDecoder(config: ConfigReader, surroundings: Surroundings, traits: DecoderTraits): Draft {
  const { tied } = surroundings;
  const names = namesOf(surroundings.names, traits);
  const g = readGeometry(config, traits.geometry?.(config));
  const parts = { ...LLAMA_NAMES, ...traits.names };
  const weights = new WeightList();
  const body = weights.root(names.body);
  const width = traits.embeddingWidth?.(config, g) ?? g.hidden;
  body.embedding(parts.embedding, g.vocab, width);
  traits.moreOutside?.(body, g, config);

  const all = firstLayers(g.layers);
  const prefix = `${names.body}${parts.layers}.{layer}.`;
  const layer = weights.layers(prefix, all);
  const norms = typeof traits.norms === 'function' ? traits.norms(config) : (traits.norms ?? LLAMA_NORMS);
  for (const norm of norms) layer.norm(norm, g.hidden, traits.normBias);
  if (traits.attention !== undefined) traits.attention(layer, g, config);
  else separateAttention(layer.under(parts.attention), g, traits.attentionTraits?.(config, g));

  const mixture = traits.mixture?.(config, g);
  const sparse = mixture?.sparseLayers ?? [];
  if (sparse.length < g.layers) {
    const dense = sparse.length === 0 ? all : all.filter((index) => !sparse.includes(index));
    const denseLayer = weights.layers(prefix, dense);
    if (traits.mlp !== undefined) traits.mlp(denseLayer, g, config);
    else gatedMlp(denseLayer.under(parts.mlp), g.hidden, g.intermediate, traits.mlpBias?.(config));
  }
  if (mixture !== undefined) {
    const sparseLayer = weights.layers(prefix, sparse);
    if (traits.experts !== undefined) traits.experts(sparseLayer, g, mixture, config);
    else if (traits.expertNames !== undefined) {
      gatedMixture(sparseLayer.under(parts.mlp), g.hidden, mixture, traits.expertNames);
    }
  }
  traits.more?.(layer, g, config);

  if (traits.finalNorm?.(config) ?? true) body.norm(parts.norm, g.hidden, traits.normBias);
  const written = tied ?? config.flag('tie_word_embeddings', traits.tiedByDefault ?? false);
  const name = config.strings('architectures')?.[0] ?? '';
  const classifier = CLASSIFIER.test(name);
  const tie = written || classifier || HEADLESS.has(name);
  if (classifier) weights.root('').linear('score', labelsOf(config), g.hidden, 'replicated');
  const headBias = !classifier && !HEADLESS.has(name) && (traits.headBias?.(config) ?? false);
  if (!tie) weights.root('').head(names.head, g.vocab, width, headBias);
  else if (headBias) weights.root('').parameter(`${names.head}.bias`, [g.vocab], 'vocabulary', 'bias');

  const windows = traits.windows?.(config, g.layers) ?? noWindow(g.layers);
  return {
    ...figuresOf(g),
    tieWordEmbeddings: tie,
    slidingWindow: windows.kinds.includes('sliding_attention') ? windows.window : undefined,
    moe: mixtureFigures(mixture),
    kv: kvByKind(windows.kinds, g.kvHeads, g.headDim, windows.window),
    weights,
  };
}

/** A family's own names hold when the model stands alone; a wrapper renames Llama's. */
function namesOf(given: Names, traits: DecoderTraits): Names {
  if (given !== PLAIN_NAMES) return given;
  return { body: traits.body ?? given.body, head: traits.head ?? given.head };
}

/** Labels of a classifier: `num_labels`, or the entries of `id2label`; two where the config says neither. */
export function labelsOf(config: ConfigReader): number {
  const names = config.object('id2label');
  return config.optionalSize('num_labels') ?? (names === undefined ? 2 : Math.max(1, Object.keys(names.raw).length));
}

/** The sizes as a description has them. */
export function figuresOf(
  g: Geometry,
): Pick<
  Draft,
  | 'kind'
  | 'hiddenSize'
  | 'numLayers'
  | 'numAttentionHeads'
  | 'numKvHeads'
  | 'headDim'
  | 'intermediateSize'
  | 'vocabSize'
  | 'maxPositionEmbeddings'
> {
  return {
    kind: 'decoder',
    hiddenSize: g.hidden,
    numLayers: g.layers,
    numAttentionHeads: g.heads,
    numKvHeads: g.kvHeads,
    headDim: g.headDim,
    intermediateSize: g.intermediate,
    vocabSize: g.vocab,
    maxPositionEmbeddings: g.maxPositions,
  };
}
