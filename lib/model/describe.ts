import type { Draft } from './architecture';
import { PLAIN_NAMES } from './architecture';
import { ConfigReader } from './config';
import { describeUnknown } from './architectures/unknown';
import { readQuantization } from './quantization';
import { findArchitecture } from './registry';
import type { ModelDescription } from './types';

const BYTES_BF16 = 2;

/**
 * Understands a checkpoint's `config.json`: every weight (in groups of equal ones), the exact number of parameters, the
 * geometry of the KV cache, and how the checkpoint is quantized. The weights are those of the unquantized model.
 *
 * Parameters are counted as the reference classes load them: tied weights once, no rotary buffers, no extra
 * multi-token-prediction layers. An architecture that is not known gets a generic decoder estimate, `known: false` and a note.
 *
 * @param path JSON pointer of the config in what the user wrote, for errors
 * @throws ModelConfigError `MODEL_CONFIG_MISSING_SIZE`, `MODEL_CONFIG_WRONG_TYPE`, `MODEL_CONFIG_OUT_OF_RANGE`,
 * `MODEL_CONFIG_UNREADABLE`
 */
export function describeModel(config: unknown, path = ''): ModelDescription {
  const reader = new ConfigReader(config, path);
  const name = reader.strings('architectures')?.[0];
  const modelType = reader.text('model_type');
  const architecture = findArchitecture(name, modelType);
  const surroundings = { names: PLAIN_NAMES };
  const draft =
    architecture === undefined ? describeUnknown(reader, surroundings) : architecture.describe(reader, surroundings);
  const text = draft.textConfig ?? reader;
  const notes = [...(draft.notes ?? [])];
  if (architecture === undefined) {
    notes.push(
      `The architecture ${name ?? modelType ?? 'of this config'} is not known: sizes are those of a plain Llama-like decoder.`,
    );
  }
  return {
    architecture: name ?? architecture?.names[0] ?? 'unknown',
    modelType: modelType ?? architecture?.modelTypes[0] ?? 'unknown',
    known: architecture !== undefined,
    kind: draft.kind,
    multimodal: draft.multimodal ?? false,
    hiddenSize: draft.hiddenSize,
    numLayers: draft.numLayers,
    numAttentionHeads: draft.numAttentionHeads,
    numKvHeads: draft.numKvHeads,
    headDim: draft.headDim,
    intermediateSize: draft.intermediateSize,
    vocabSize: draft.vocabSize,
    maxPositionEmbeddings: draft.maxPositionEmbeddings,
    slidingWindow: draft.slidingWindow,
    tieWordEmbeddings: draft.tieWordEmbeddings,
    moe: draft.moe,
    mla: draft.mla,
    dtype: dtypeOf(reader) ?? (text === reader ? undefined : dtypeOf(text)),
    weights: draft.weights.groups,
    ...totals(draft),
    kv: draft.kv,
    kvBytesPerTokenBf16: kvBytesPerToken(draft),
    quantization: readQuantization(reader, text === reader ? undefined : text),
    textConfig: text.raw,
    config: reader.raw,
    notes,
  };
}

function totals(draft: Draft): { parameterCount: number; activeParameterCount: number } {
  const share = draft.moe === undefined ? 1 : draft.moe.expertsPerToken / draft.moe.experts;
  let parameterCount = 0;
  let inactive = 0;
  for (const group of draft.weights.groups) {
    parameterCount += group.elements;
    // Weights of experts, their biases included: only the chosen ones work on a token.
    if (group.experts > 1) inactive += group.elements * (1 - share);
  }
  return { parameterCount, activeParameterCount: Math.round(parameterCount - inactive) };
}

/** Cross-attention caches grow with the encoder's tokens, not with these. */
function kvBytesPerToken(draft: Draft): number {
  let elements = 0;
  for (const group of draft.kv) if (group.kind !== 'cross') elements += group.layers * group.elementsPerToken;
  return elements * BYTES_BF16;
}

function dtypeOf(config: ConfigReader): string | undefined {
  const written = config.get('torch_dtype') ?? config.get('dtype');
  return typeof written === 'string' ? written.replace(/^torch\./, '') : undefined;
}
