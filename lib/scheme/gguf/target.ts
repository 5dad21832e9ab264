import { SimulationError } from '../../errors';
import type { Scheme } from '../types';
import { GGUF_PLAIN_TYPES, GGUF_QUANTIZED_TYPES, isGgufQuantizedType } from './quantized-types';
import { fileTypeName, findGgufFileType, findGgufTensorType, type GgmlType } from './types';

/** What a file is to become: a file type's mix, or one type for every linear layer of the blocks and nothing else. */
export type GgufTarget =
  { readonly kind: 'mix'; readonly fileType: string } | { readonly kind: 'pure'; readonly tensorType: GgmlType };

/** llama-quantize makes these with an importance matrix alone. */
const WITH_IMPORTANCE_MATRIX: readonly string[] = ['Q2_K_S'];

/** File types whose tensors, whatever the model, are all of types that are quantized here. */
export const GGUF_FILE_TYPES: readonly string[] = [
  'F32',
  'F16',
  'BF16',
  'Q8_0',
  'Q6_K',
  'Q5_K_M',
  'Q5_K_S',
  'Q5_1',
  'Q5_0',
  'Q4_K_M',
  'Q4_K_S',
  'Q4_1',
  'Q4_0',
  'IQ4_NL',
  'IQ4_XS',
  'Q3_K_L',
  'Q3_K_M',
  'Q3_K_S',
  'Q2_K',
];

/**
 * What a `gguf:NAME` or `gguf-tensor:NAME` scheme makes of a file.
 *
 * @param hasImportanceMatrix makes some more types possible
 * @throws SimulationError `GGUF_TYPE_NOT_WRITTEN` for types that need an importance matrix that is not there, or a codebook search
 */
export function ggufTarget(scheme: Scheme, hasImportanceMatrix = false): GgufTarget {
  const name = scheme.ggufType ?? '';
  if (scheme.name.startsWith('gguf-tensor:')) {
    const type = findGgufTensorType(name.toUpperCase())?.name ?? name;
    if (isGgufQuantizedType(type) || GGUF_PLAIN_TYPES.includes(type)) return { kind: 'pure', tensorType: type };
    throw notWritten(scheme, [...GGUF_PLAIN_TYPES, ...GGUF_QUANTIZED_TYPES]);
  }
  const fileType = fileTypeName(name);
  const start = fileType === undefined ? undefined : findGgufFileType(fileType)?.tensorType;
  const allowed = hasImportanceMatrix ? [...GGUF_FILE_TYPES, ...WITH_IMPORTANCE_MATRIX] : GGUF_FILE_TYPES;
  if (fileType === undefined || start === undefined) throw notWritten(scheme, allowed);
  if (!hasImportanceMatrix && WITH_IMPORTANCE_MATRIX.includes(fileType)) throw needsImportanceMatrix(scheme);
  if (!isGgufQuantizedType(start) && !GGUF_PLAIN_TYPES.includes(start)) throw notWritten(scheme, allowed);
  return { kind: 'mix', fileType };
}

function needsImportanceMatrix(scheme: Scheme): SimulationError {
  return new SimulationError('GGUF_TYPE_NOT_WRITTEN', `${scheme.name} is made with an importance matrix alone`, {
    got: `${scheme.name} without one`,
    allowed: GGUF_FILE_TYPES.join(', '),
    fix: 'give one with --imatrix, or choose one of these',
  });
}

function notWritten(scheme: Scheme, allowed: readonly string[]): SimulationError {
  return new SimulationError('GGUF_TYPE_NOT_WRITTEN', `${scheme.name} cannot be made here`, {
    got: scheme.name,
    allowed: allowed.join(', '),
    fix: 'choose one of these, or use llama-quantize',
  });
}
