import path from 'node:path';
import { FormatError, SimulationError } from '../../errors';
import type { Checkpoint, CheckpointFolder, CheckpointTensor } from '../../format';
import { ggufFusedExperts, ggufPlace, textModelName } from '../../format/gguf/hub-names';
import { gguf, type GgufValue } from '../../format/gguf/value';
import { GGUF_PLAIN_TYPES } from '../../scheme/gguf/quantized-types';
import { localPaths } from '../../simulate/stream/local-paths';
import type { GgufModel, GgufModelTensor } from '../gguf/model';
import { HUB_ARCHITECTURES, type HubArchitecture } from './architectures';
import { HubConfig, ropeParameters } from './config';
import { ExpertStacks, fusedExperts } from './expert-stacks';
import { HubFiles } from './files';
import { generalMetadata } from './general';
import { readModelCard } from './model-card';
import { parameterCounts } from './parameter-counts';
import { bytePairVocabulary, mergesOf } from './tokenizer/byte-pair';
import { byteFallbackVocabulary, sentencePieceVocabulary } from './tokenizer/sentence-piece';
import { specialTokens } from './tokenizer/special-tokens';
import type { Vocabulary } from './tokenizer/token-type';

/** Buffers that some checkpoints hold though models compute them. */
const NOT_WEIGHTS = /(?:\.attention\.masked_bias|\.attention\.bias|\.rotary_emb\.inv_freq)$/;

/** Parts of multimodal checkpoints that are not the text model. */
const OTHER_TOWERS =
  /^(?:vision_tower|multi_modal_projector|vision_model|audio_tower|visual)\.|^model\.(?:vision_tower|multi_modal_projector|visual)\./;

/**
 * A checkpoint of the Hugging Face hub as a GGUF model, its tokenizer in it: names, order and values of the metadata as llama.cpp's
 * converter writes them.
 * Source: llama.cpp convert_hf_to_gguf.py and conversion/*.py as of October 2026.
 *
 * @throws ModelConfigError, FormatError `TOKENIZER_*`, SimulationError `ARCHITECTURE_NOT_CONVERTED`, `TENSOR_NOT_CONVERTED`,
 *   `CHECKPOINT_QUANTIZED`, `EXPERTS_NOT_STACKED`, `CHECKPOINT_NOT_LOCAL`
 */
export async function modelFromHuggingFace(folder: CheckpointFolder, checkpoint: Checkpoint): Promise<GgufModel> {
  const given = new HubConfig(checkpoint.config, checkpoint.location);
  const architecture = architectureOf(given);
  const config = given.withDefaults(architecture.defaults(given));
  const rope = ropeParameters(config);
  const files = new HubFiles(folder);
  const name = repositoryName(checkpoint.location);

  const constants = architecture.constants?.(config, rope) ?? [];
  const tensors = convertTensors(checkpoint, architecture, config);

  const metadata = new Map<string, GgufValue>([['general.architecture', gguf.string(architecture.gguf)]]);
  const add = (values: ReadonlyMap<string, GgufValue> | undefined): void => {
    for (const [key, value] of values ?? []) metadata.set(key, value);
  };
  add(architecture.first?.(config, rope));
  metadata.set('general.type', gguf.string('model'));
  add(
    generalMetadata({
      folder: name,
      config: checkpoint.config as Record<string, unknown>,
      generation: await optionalJson(files, 'generation_config.json'),
      card: readModelCard(await files.text('README.md')),
      parameters: parameterCounts([...tensors, ...constants]),
    }),
  );
  add(architecture.parameters(config, rope));
  metadata.set('general.quantization_version', gguf.uint32(2));
  add(await tokenizerMetadata(files, checkpoint, architecture, config));
  return {
    name,
    files: await localPaths(checkpoint),
    metadata,
    converted: true,
    tensors,
    constants,
    notes: [],
  };
}

function architectureOf(config: HubConfig): HubArchitecture {
  const name = config.architecture;
  if (Object.hasOwn(HUB_ARCHITECTURES, name)) return HUB_ARCHITECTURES[name];
  throw new SimulationError('ARCHITECTURE_NOT_CONVERTED', `${name || 'this model'} is not converted to GGUF here`, {
    path: config.path,
    got: name === '' ? 'no architecture in config.json' : name,
    allowed: Object.keys(HUB_ARCHITECTURES).join(', '),
    fix: 'convert the model with convert_hf_to_gguf.py of llama.cpp, then give that file',
  });
}

/** The folder's name; for a snapshot in the hub's cache the repository's, since a commit says nothing. */
function repositoryName(location: string): string {
  const cached = /models--[^/\\]+?--([^/\\]+)[/\\]snapshots[/\\]/.exec(location);
  return cached !== null ? cached[1] : path.basename(path.resolve(location));
}

/** By file, then by name: the order in which the converter reads. */
function sortedTensors(checkpoint: Checkpoint): CheckpointTensor[] {
  const order = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
  return [...checkpoint.tensors.values()].sort(
    (left, right) => order(left.file, right.file) || order(left.name, right.name),
  );
}

function convertTensors(
  checkpoint: Checkpoint,
  architecture: HubArchitecture,
  config: HubConfig,
): readonly GgufModelTensor[] {
  const files = new Map(checkpoint.files.map(({ name }, index) => [name, index]));
  const experts = new ExpertStacks(checkpoint.location, config.number('num_local_experts', 'num_experts'));
  const tensors: GgufModelTensor[] = [];
  for (const tensor of sortedTensors(checkpoint)) {
    if (NOT_WEIGHTS.test(tensor.name) || OTHER_TOWERS.test(tensor.name)) continue;
    const source = textModelName(tensor.name);
    if (architecture.dropsHead === true && source === 'lm_head.weight') continue;
    const file = files.get(tensor.file) as number;
    const fused = ggufFusedExperts(source, config.architecture);
    const place = ggufPlace(source, config.architecture);
    const isFused = tensor.shape.length === 3 && fused.length > 0 && tensor.shape[1] % fused.length === 0;
    if (place === undefined && !isFused) throw notConverted(tensor, checkpoint, architecture, config);
    if (!GGUF_PLAIN_TYPES.includes(tensor.dtype)) throw quantizedBefore(tensor);
    if (place === undefined) tensors.push(...fusedExperts(tensor, fused, file));
    else if (place.expert !== undefined) tensors.push(...experts.add(tensor, place, { file, offset: tensor.offset }));
    else tensors.push(convertTensor(tensor, place.name, file, architecture, config));
  }
  experts.end();
  return tensors;
}

/** Routers, which llama.cpp computes with as they are. Source: llama.cpp conversion/base.py, `prepare_tensors`. */
const ROUTER = /\.ffn_gate_inp(?:_shexp)?\.weight$/;

function convertTensor(
  tensor: CheckpointTensor,
  name: string,
  file: number,
  architecture: HubArchitecture,
  config: HubConfig,
): GgufModelTensor {
  const source = textModelName(tensor.name);
  const exact =
    tensor.shape.length <= 1 || name.endsWith('_norm.weight') || !name.endsWith('.weight') || ROUTER.test(name);
  const heads = interleavedHeads(source, architecture, config);
  return {
    name,
    shape: tensor.shape,
    storedType: tensor.dtype,
    dtype: exact ? 'F32' : tensor.dtype,
    parts: [{ file, offset: tensor.offset }],
    interleave: heads === undefined ? undefined : tensor.shape[0] / heads,
    addOne: architecture.normsFromOne && source.endsWith('norm.weight') ? true : undefined,
  };
}

function notConverted(
  { name }: CheckpointTensor,
  { location }: Checkpoint,
  architecture: HubArchitecture,
  config: HubConfig,
): SimulationError {
  return new SimulationError('TENSOR_NOT_CONVERTED', `${name} has no place in a ${architecture.gguf} GGUF`, {
    path: location,
    got: name,
    allowed: `the tensors of ${config.architecture}`,
    fix: 'give the unquantized checkpoint of the model itself: no adapter, no packed weights',
  });
}

function quantizedBefore({ name, dtype }: CheckpointTensor): SimulationError {
  return new SimulationError('CHECKPOINT_QUANTIZED', `${name} is stored as ${dtype}`, {
    got: dtype,
    allowed: GGUF_PLAIN_TYPES.join(', '),
    fix: 'give the unquantized checkpoint',
  });
}

/** How many heads a query or key projection has, where their rows are to be interleaved. */
function interleavedHeads(name: string, { interleaves }: HubArchitecture, config: HubConfig): number | undefined {
  if (!interleaves) return undefined;
  const heads = config.required('num_attention_heads', 'n_heads');
  if (/q_proj\.(?:weight|bias)$/.test(name)) return heads;
  if (/k_proj\.(?:weight|bias)$/.test(name)) return config.number('num_key_value_heads', 'n_kv_heads') ?? heads;
  return undefined;
}

async function tokenizerMetadata(
  files: HubFiles,
  checkpoint: Checkpoint,
  architecture: HubArchitecture,
  config: HubConfig,
): Promise<Map<string, GgufValue>> {
  const tokenizer = await files.json('tokenizer.json');
  const tokenizerConfig = await files.json('tokenizer_config.json');
  const vocabulary = await readVocabulary(files, architecture, config, tokenizer, tokenizerConfig);
  const metadata = new Map<string, GgufValue>(architecture.tokenizerStart?.(tokenizerConfig ?? {}) ?? []);
  metadata.set('tokenizer.ggml.model', gguf.string(vocabulary.model));
  metadata.set('tokenizer.ggml.pre', gguf.string(vocabulary.pre));
  metadata.set('tokenizer.ggml.tokens', gguf.strings(vocabulary.tokens));
  if (vocabulary.scores !== undefined) metadata.set('tokenizer.ggml.scores', gguf.float32s(vocabulary.scores));
  metadata.set('tokenizer.ggml.token_type', gguf.int32s(vocabulary.types));
  const isBytePair = vocabulary.model === 'gpt2';
  if (isBytePair && tokenizer !== undefined) metadata.set('tokenizer.ggml.merges', gguf.strings(mergesOf(tokenizer)));
  const special = specialTokens({
    tokenizer,
    tokenizerConfig,
    config: checkpoint.config as Record<string, unknown>,
    chatTemplate: (await files.text('chat_template.jinja')) ?? (await templateOf(files)),
    vocabularySize: isBytePair ? undefined : vocabulary.tokens.length,
  });
  for (const [key, value] of special) metadata.set(key, value);
  for (const [key, value] of architecture.tokenizerEnd?.(config) ?? []) metadata.set(key, value);
  return metadata;
}

async function templateOf(files: HubFiles): Promise<string | undefined> {
  const template = (await optionalJson(files, 'chat_template.json'))?.chat_template;
  return typeof template === 'string' ? template : undefined;
}

async function readVocabulary(
  files: HubFiles,
  architecture: HubArchitecture,
  config: HubConfig,
  tokenizer: Readonly<Record<string, unknown>> | undefined,
  tokenizerConfig: Readonly<Record<string, unknown>> | undefined,
): Promise<Vocabulary> {
  const size = config.number('vocab_size');
  const kinds = architecture.vocabularies;
  if (kinds.includes('sentence-piece') && tokenizerConfig?.tokenizer_class !== 'GPT2Tokenizer') {
    const model = await files.bytes('tokenizer.model');
    if (model !== undefined) {
      const extras = {
        addedTokens: await files.json('added_tokens.json'),
        tokenizerConfig,
        tokenizer: architecture.readsTokenizerJson === true ? (tokenizer ?? {}) : undefined,
      };
      return sentencePieceVocabulary(model, extras, size);
    }
  }
  if (tokenizer !== undefined) {
    const fallback = kinds.includes('byte-fallback') ? byteFallbackVocabulary(tokenizer) : undefined;
    if (fallback !== undefined) return fallback;
    if (kinds.includes('byte-pair')) return bytePairVocabulary(tokenizer, tokenizerConfig, architecture.gguf, size);
  }
  const wanted = kinds.includes('byte-pair') ? 'tokenizer.json' : 'tokenizer.model';
  throw new FormatError('TOKENIZER_MISSING', `the checkpoint has no ${wanted}`, {
    path: config.path,
    got: 'weights without their tokenizer',
    allowed: 'the files of the tokenizer beside the weights',
    fix: `download ${wanted} into the checkpoint's folder`,
  });
}

/** A file that some models ship broken and no reader needs. */
async function optionalJson(files: HubFiles, name: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    return await files.json(name);
  } catch (error) {
    if (error instanceof FormatError && error.id === 'JSON_MALFORMED') return undefined;
    throw error;
  }
}
