import type { GgufArray, GgufMetadata, GgufValue } from '../../lib/format';
import type { Inspection } from './inspection';

/** Longer texts (chat templates, licences) are cut: whoever needs them whole reads the file. */
const MAX_TEXT = 4096;

/**
 * The answer of `qe inspect --json`. Written tensor by tensor, so that names such as `__proto__` stay keys of nothing, and
 * the answer for a hundred thousand tensors is no tree in memory.
 */
export function inspectionJson(inspection: Inspection): string {
  const { path, checkpoint, model, quantization, dtypes, parameters, weightBytes, companionBytes, warnings } =
    inspection;
  const tensors = [...checkpoint.tensors.values()].map(({ name, dtype, shape, elements, bytes, offset, file }) =>
    JSON.stringify({ name, dtype, shape, elements, bytes, offset, file }),
  );
  const head = {
    schema: 1,
    path,
    format: checkpoint.format,
    architecture: model?.architecture ?? textOf(checkpoint.gguf, 'general.architecture') ?? null,
    parameters,
    parametersByConfig: model?.known === true ? model.parameterCount : null,
    bytes: weightBytes + companionBytes,
    weightBytes,
    companionBytes,
    quantization: quantization ?? null,
    files: checkpoint.files,
    dtypes,
    metadata: checkpoint.gguf === undefined ? pairs(checkpoint.metadata) : ggufPairs(checkpoint.gguf),
    warnings,
  };
  return `${JSON.stringify(head).slice(0, -1)},"tensors":[${tensors.join(',')}]}`;
}

function pairs(metadata: ReadonlyMap<string, string>): { key: string; value: string }[] {
  return [...metadata].map(([key, value]) => ({ key, value: cut(value) }));
}

function ggufPairs(metadata: GgufMetadata): object[] {
  return [...metadata].map(([key, value]) => ({ key, ...ggufJson(value) }));
}

function ggufJson(value: GgufValue): object {
  switch (value.type) {
    case 'array':
      return arrayJson(value);
    case 'string':
      return { type: value.type, value: cut(value.value) };
    case 'uint64':
    case 'int64':
      // As text where a double would round it.
      return {
        type: value.type,
        value: Number.isSafeInteger(Number(value.value)) ? Number(value.value) : String(value.value),
      };
    case 'float32':
    case 'float64':
      return { type: value.type, value: Number.isFinite(value.value) ? value.value : String(value.value) };
    default:
      return { type: value.type, value: value.value };
  }
}

function arrayJson({ type, elementType, values }: GgufArray): object {
  return { type, elementType, length: values.length };
}

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}

function textOf(metadata: GgufMetadata | undefined, key: string): string | undefined {
  const value = metadata?.get(key);
  return value?.type === 'string' ? value.value : undefined;
}
