import { FormatError, SimulationError } from '../../errors';
import type { Checkpoint } from '../../format';
import { GGUF_PLAIN_TYPES, isGgufQuantizedType } from '../../scheme/gguf/quantized-types';
import { findGgufFileType, findGgufTensorType, ggufTensorTypeNames } from '../../scheme/gguf/types';
import { localPaths } from '../../simulate/stream/local-paths';
import type { GgufModel, GgufModelTensor } from './model';

/**
 * A GGUF model as it is, to be written in another type.
 *
 * @throws SimulationError `CHECKPOINT_NOT_LOCAL`, `GGUF_TYPE_NOT_READ`, `GGUF_BIG_ENDIAN`
 */
export async function modelFromGguf(checkpoint: Checkpoint): Promise<GgufModel> {
  const { gguf: metadata, files } = checkpoint;
  if (metadata === undefined) {
    throw new FormatError('GGUF_BAD_MAGIC', `${checkpoint.location} is not a GGUF model`, {
      path: checkpoint.location,
    });
  }
  if (!checkpoint.littleEndian) {
    throw new SimulationError('GGUF_BIG_ENDIAN', `${checkpoint.location} is written for big-endian machines`, {
      got: 'big-endian data',
      allowed: 'little-endian data',
      fix: 'convert it with gguf_convert_endian.py of gguf-py first',
    });
  }
  const tensors = [...checkpoint.tensors.values()].map((tensor): GgufModelTensor => {
    const { name, shape, dtype, offset } = tensor;
    const file = files.findIndex((candidate) => candidate.name === tensor.file);
    return { name, shape, storedType: dtype, dtype, parts: [{ file, offset }] };
  });
  return {
    name: modelName(files[0].name),
    files: await localPaths(checkpoint),
    metadata,
    tensors,
    constants: [],
    notes: lossNotes(tensors),
  };
}

/** @throws SimulationError `GGUF_TYPE_NOT_READ` for a tensor that cannot be decoded */
export function assertDecodes({ name, storedType }: GgufModelTensor): void {
  if (GGUF_PLAIN_TYPES.includes(storedType) || isGgufQuantizedType(storedType)) return;
  throw new SimulationError('GGUF_TYPE_NOT_READ', `${name} is stored as ${storedType}, which is not decoded here`, {
    got: storedType,
    allowed: [...GGUF_PLAIN_TYPES, ...ggufTensorTypeNames.filter(isGgufQuantizedType)].join(', '),
    fix: 'quantize from the original model',
  });
}

function lossNotes(tensors: readonly GgufModelTensor[]): string[] {
  const quantized = tensors.filter(({ storedType }) => isGgufQuantizedType(storedType));
  if (quantized.length === 0) return [];
  const types = [...new Set(quantized.map(({ storedType }) => storedType))].join(', ');
  return [
    `${quantized.length} tensors were quantized before (${types}): what that lost stays lost, and is quantized once more. Quantize from the original model where there is one.`,
  ];
}

/** The file's name without its part number and without the type that it was in. */
function modelName(file: string): string {
  const bare = file.replace(/\.gguf$/i, '').replace(/-\d{5}-of-\d{5}$/, '');
  const match = /^(.+)[-.]([A-Za-z0-9_]+)$/.exec(bare);
  if (match === null) return bare;
  const type = match[2].toUpperCase();
  return (findGgufFileType(type) ?? findGgufTensorType(type)) === undefined ? bare : match[1];
}
