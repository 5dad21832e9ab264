import { SimulationError } from '../../errors';
import { describeModel } from '../../model';
import { ACTIVATIONS } from './decoder-shape';

/** What an encoder computes, beside its weights. */
export interface EncoderShape {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly headDim: number;
  readonly intermediate: number;
  readonly vocabulary: number;
  readonly maxPositions: number;
  readonly normEpsilon: number;
  /** One of `ACTIVATIONS`. */
  readonly activation: number;
}

/** Encoders of BERT's block: attention, norm, MLP, norm, with learned positions. MiniLM, BGE, E5 and GTE are of this kind. */
const BERT_LIKE: ReadonlySet<string> = new Set(['BertModel', 'BertForMaskedLM', 'BertForSequenceClassification']);

/** Can embeddings of this architecture be computed? */
export function isSupportedEncoder(config: unknown): boolean {
  const architectures = (config as { readonly architectures?: unknown } | null | undefined)?.architectures;
  return Array.isArray(architectures) && BERT_LIKE.has(String(architectures[0]));
}

/**
 * @param config the checkpoint's config.json
 * @throws ModelConfigError for a config that cannot be read, SimulationError `FORWARD_PASS_UNSUPPORTED`
 */
export function encoderShape(config: unknown): EncoderShape {
  const { hiddenSize, numLayers, numAttentionHeads, intermediateSize, vocabSize, textConfig } = describeModel(config);
  const number = (key: string, otherwise: number) =>
    typeof textConfig[key] === 'number' ? (textConfig[key] as number) : otherwise;
  const name = textConfig.hidden_act ?? 'gelu';
  const activation = name === 'gelu' ? ACTIVATIONS.gelu : name === 'relu' ? ACTIVATIONS.relu : undefined;
  const positions = textConfig.position_embedding_type ?? 'absolute';
  if (activation === undefined) throw unsupported(`activation function '${String(name)}'`, 'gelu, relu');
  if (positions !== 'absolute') throw unsupported(`positions of type '${String(positions)}'`, 'absolute');
  const headDim = hiddenSize / numAttentionHeads;
  const ragged = [hiddenSize, headDim, intermediateSize].find((width) => width % 8 !== 0);
  if (ragged !== undefined) throw unsupported(`an encoder with a width of ${ragged}`, 'multiples of 8');
  return {
    hidden: hiddenSize,
    layers: numLayers,
    heads: numAttentionHeads,
    headDim,
    intermediate: intermediateSize,
    vocabulary: vocabSize,
    maxPositions: number('max_position_embeddings', 512),
    normEpsilon: number('layer_norm_eps', 1e-12),
    activation,
  };
}

function unsupported(what: string, allowed: string): SimulationError {
  return new SimulationError('FORWARD_PASS_UNSUPPORTED', `the forward pass of ${what} is not known to this library`, {
    got: what,
    allowed,
    fix: 'leave out --evaluate: the weights are compared all the same',
  });
}
