import { findGgufTensorType } from '../../scheme/gguf-types';

/** A ggml tensor type: `Q4_K`, `F16`… */
export type GgmlType = string;

export function isGgmlType(name: string): boolean {
  return findGgufTensorType(name) !== undefined;
}

/** Elements that one block of the type holds; a tensor's rows must be a whole number of blocks long. */
export function blockElements(type: GgmlType): number {
  return findGgufTensorType(type)?.blockElements ?? 1;
}

/** Bytes that `elements` take; whole blocks. */
export function ggmlBytes(type: GgmlType, elements: number): number {
  const known = findGgufTensorType(type);
  if (known === undefined) throw new RangeError(`${type} is not a ggml tensor type`);
  return Math.ceil(elements / known.blockElements) * known.blockBytes;
}

/** Bytes for one element, over a long row: 0.5625 for `q4_0`. Any letter case, as command lines write the names. */
export function bytesPerElement(name: string): number | undefined {
  const type = findGgufTensorType(name.toUpperCase());
  return type === undefined ? undefined : type.blockBytes / type.blockElements;
}
