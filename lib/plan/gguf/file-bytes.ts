import type { ModelDescription, WeightGroup } from '../../model/types';
import type { TensorCategory } from '../../scheme/gguf/category';
import { mixedType, pureType, type MixContext } from '../../scheme/gguf/mix';
import { fileTypeName, ggmlBytes, type GgmlType } from '../../scheme/gguf/types';
import type { Scheme } from '../../scheme/types';
import { remembered } from '../remember';
import { repeatsEmbeddingInGguf } from '../weights/repeated-head';
import { mixContext } from './mix-context';
import { withPredictionLayers } from './prediction';
import { tensorCategory } from './tensor-category';

/** Bytes of a GGUF's tensors: in each layer, and outside the layers. */
export interface GgufTensors {
  /** By layer. */
  readonly layers: readonly number[];
  /** Of those, by layer, what its experts take. */
  readonly experts: readonly number[];
  readonly embedding: number;
  /** The head's own tensor; 0 where it is the embedding's. */
  readonly output: number;
  /** Norms and all else outside the layers. */
  readonly rest: number;
}

/**
 * A GGUF's tensors, one by one, as llama-quantize would store them. Vision and audio parts go into a file of their own (`mmproj`) and are
 * not counted.
 *
 * @returns `null` for a scheme that names no file type
 */
export function ggufTensors(model: ModelDescription, scheme: Scheme): GgufTensors | null {
  return remembered(model, scheme, 'gguf', () => tensorsOf(model, scheme));
}

function tensorsOf(model: ModelDescription, scheme: Scheme): GgufTensors | null {
  const typeOf = typeChooser(model, scheme);
  if (typeOf === undefined) return null;
  const layers = new Array<number>(model.numLayers).fill(0);
  const experts = new Array<number>(model.numLayers).fill(0);
  let embedding = 0;
  let output = 0;
  let rest = 0;
  for (const group of model.weights) {
    if (group.place === 'vision' || group.place === 'audio' || group.place === 'projector') continue;
    const category = tensorCategory(group);
    group.layers.forEach((layer, position) => {
      const bytes = tensorBytes(group, typeOf(group, category, position)) * group.experts;
      if (layer >= layers.length) rest += bytes;
      else {
        layers[layer] += bytes;
        if (group.role === 'expert') experts[layer] += bytes;
      }
    });
    if (group.layers.length > 0) continue;
    const bytes = tensorBytes(group, typeOf(group, category, 0));
    if (category === 'token_embd') embedding += bytes;
    else if (category === 'output') output += bytes;
    else rest += bytes;
    if (category === 'token_embd' && repeatsEmbeddingInGguf(model))
      output += tensorBytes(group, typeOf(group, 'output', 0));
  }
  return { layers, experts, embedding, output, rest };
}

/** Bytes of all tensors of a group. `null` for a scheme that names no file type. */
export function ggufGroupBytes(model: ModelDescription, scheme: Scheme): ((group: WeightGroup) => number) | null {
  const typeOf = typeChooser(model, scheme);
  if (typeOf === undefined) return null;
  return (group) => {
    const category = tensorCategory(group);
    let total = 0;
    for (let position = 0; position < Math.max(1, group.layers.length); position++)
      total += tensorBytes(group, typeOf(group, category, position)) * group.experts;
    return total;
  };
}

/** Bytes of the whole file: tensors, those that are not loaded among them, and the metadata in front of them. */
export function ggufFileBytes(model: ModelDescription, scheme: Scheme): number | null {
  const whole = withPredictionLayers(model);
  const tensors = whole === model ? ggufTensors(model, scheme) : tensorsOf(whole, scheme);
  if (tensors === null) return null;
  const inLayers = tensors.layers.reduce((sum, bytes) => sum + bytes, 0);
  return inLayers + tensors.embedding + tensors.output + tensors.rest + metadataBytes(model);
}

/** The type of a group's tensor at a position among the layers that have one. */
export type TypeChooser = (group: WeightGroup, category: TensorCategory, position: number) => GgmlType;

/**
 * How a scheme chooses types for a model's tensors; undefined for a scheme that names no file type. Experts that gpt-oss was published with stay in
 * MXFP4 whatever the file type: the converter copies them, and a quantizer does not do them again.
 * Source: llama.cpp conversion/gpt_oss.py, `repack_mxfp4`; the cards of bartowski's and unsloth's files.
 */
export function typeChooser(model: ModelDescription, scheme: Scheme): TypeChooser | undefined {
  const name = scheme.ggufType;
  if (name === undefined) return undefined;
  if (scheme.name.startsWith('gguf-tensor:')) return pureChooser(name);
  const fileType = fileTypeName(name);
  if (fileType === undefined) return undefined;
  const context: MixContext = mixContext(fileType, model, scheme.importanceMatrix);
  const keepsExperts = model.modelType === 'gpt_oss' && model.quantization?.method === 'mxfp4';
  return (group, category, position) => {
    if (keepsExperts && group.role === 'expert' && category !== 'unquantized') return 'MXFP4';
    return mixedType(
      {
        category,
        ...placeOf(group, category, position, model),
        columns: group.shape[group.shape.length - 1],
        experts: stackedIn(group, model),
      },
      context,
    );
  };
}

/** Matrices in one tensor: experts, or the heads that a latent (MLA) is expanded to. */
function stackedIn({ name, experts }: WeightGroup, { mla, numAttentionHeads }: ModelDescription): number {
  return mla !== undefined && /kv_b_proj/.test(name) ? numAttentionHeads : experts;
}

/**
 * Which of how many a tensor is. The feed-forward of a mixture is counted by the number of its layer, so that experts that begin with
 * the second layer are not the first; all else by those that there are.
 * Source: llama.cpp src/llama-quant.cpp, `layer_info`.
 */
function placeOf(
  { layers }: WeightGroup,
  category: TensorCategory,
  position: number,
  { moe, numLayers }: ModelDescription,
): { readonly layer: number; readonly of: number } {
  const isNumbered = (moe?.experts ?? 0) > 1 && /^ffn_/.test(category) && layers.length > 0;
  return isNumbered ? { layer: layers[position], of: numLayers } : { layer: position, of: Math.max(1, layers.length) };
}

/** Every linear layer of the blocks in one type; embeddings and head stay 16 bit, and what is never quantized 32. */
function pureChooser(name: string): TypeChooser | undefined {
  if (pureType(name, 256) === undefined) return undefined;
  return (group, category) => {
    if (category === 'unquantized') return 'F32';
    if (category === 'token_embd' || category === 'output') return 'F16';
    return pureType(name, group.shape[group.shape.length - 1]) ?? 'F16';
  };
}

function tensorBytes(group: WeightGroup, type: GgmlType): number {
  const elements = group.shape.reduce((product, dimension) => product * dimension, 1);
  return ggmlBytes(type, elements);
}

/** From this many tokens on a vocabulary is a byte-pair one, whose merges are stored too; below it is SentencePiece, with a score a token. */
const BYTE_PAIR_VOCABULARY = 50_000;
/** Large vocabularies that are SentencePiece all the same. Source: llama.cpp conversion/, classes whose `set_vocab` asks for it. */
const SENTENCE_PIECE_MODELS: ReadonlySet<string> = new Set([
  'gemma',
  'gemma2',
  'gemma3',
  'gemma3_text',
  'baichuan',
  'internlm2',
  'minicpm',
  'nemotron',
  'orion',
  'xverse',
]);
/** Each token and each merge is a string with an 8-byte length; a token also has an int32 type, in SentencePiece a float32 score. */
const BYTE_PAIR_BYTES_PER_TOKEN = 61;
const SENTENCE_PIECE_BYTES_PER_TOKEN = 23;

/** The tokenizer is nearly all of a GGUF's metadata. Source: the GGUF specification (ggml docs/gguf.md); mean lengths of published files. */
function metadataBytes(model: ModelDescription): number {
  const bytePair = model.vocabSize >= BYTE_PAIR_VOCABULARY && !SENTENCE_PIECE_MODELS.has(model.modelType);
  return model.vocabSize * (bytePair ? BYTE_PAIR_BYTES_PER_TOKEN : SENTENCE_PIECE_BYTES_PER_TOKEN);
}
