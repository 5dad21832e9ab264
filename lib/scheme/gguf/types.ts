import data from '../data/gguf-types.json';

/** ggml's name of a tensor type: `Q4_K`, `F16`… */
export type GgmlType = string;

/** A ggml tensor type: so many bytes for a block of so many elements of one row. */
export interface GgufTensorType {
  readonly name: GgmlType;
  /** Number in a GGUF file's tensor info. */
  readonly id: number;
  readonly blockElements: number;
  readonly blockBytes: number;
}

/** A llama.cpp file type: a mix of tensor types, of which `tensorType` is the default. */
export interface GgufFileType {
  readonly name: string;
  /** Number in the file's `general.file_type`. */
  readonly id: number;
  readonly tensorType: GgmlType;
}

const tensorTypes = new Map<string, GgufTensorType>();
const tensorTypesById = new Map<number, GgufTensorType>();
for (const [name, [id, blockElements, blockBytes]] of Object.entries(data.tensorTypes)) {
  const type = { name, id, blockElements, blockBytes };
  tensorTypes.set(name, type);
  tensorTypesById.set(id, type);
}

const fileTypes = new Map<string, GgufFileType>();
const fileTypesById = new Map<number, GgufFileType>();
for (const [name, [id, tensorType]] of Object.entries(data.fileTypes) as [string, [number, string]][]) {
  const type = { name, id, tensorType };
  fileTypes.set(name, type);
  fileTypesById.set(id, type);
}

/** Names of all tensor types: `Q4_K`, `IQ4_NL`, `F16`… Types that ggml has dropped are not among them. */
export const ggufTensorTypeNames: readonly GgmlType[] = [...tensorTypes.keys()];

/** Names of all file types: `Q4_K_M`, `Q8_0`, `F16`… */
export const ggufFileTypeNames: readonly string[] = [...fileTypes.keys()];

export function findGgufTensorType(name: string): GgufTensorType | undefined {
  return tensorTypes.get(name);
}

/** @param id number in a GGUF file's tensor info */
export function ggufTensorTypeOfId(id: number): GgufTensorType | undefined {
  return tensorTypesById.get(id);
}

export function findGgufFileType(name: string): GgufFileType | undefined {
  return fileTypes.get(name);
}

/** @param id value of `general.file_type` */
export function ggufFileTypeOfId(id: number): GgufFileType | undefined {
  return fileTypesById.get(id);
}

/** Names people use for the same mixes: `Q4_K` is `Q4_K_M` to llama-quantize. */
const ALIASES: Readonly<Record<string, string>> = {
  Q3_K: 'Q3_K_M',
  Q4_K: 'Q4_K_M',
  Q5_K: 'Q5_K_M',
  MXFP4: 'MXFP4_MOE',
};

/** llama.cpp's own name of a file type in any letter case, or `undefined` for a name that is none. */
export function fileTypeName(name: string): string | undefined {
  const upper = name.toUpperCase();
  return fileTypes.get(ALIASES[upper] ?? upper)?.name;
}

/** As ggml sees a shape, row-major: without outer dimensions of 1. */
export function ggmlShape(shape: readonly number[]): readonly number[] {
  const outermost = shape.findIndex((size) => size !== 1);
  return shape.slice(outermost < 0 ? -1 : outermost);
}

/** Elements that one block of the type holds; a tensor's rows must be a whole number of blocks long. */
export function blockElements(type: GgmlType): number {
  return tensorTypes.get(type)?.blockElements ?? 1;
}

/** Bytes that `elements` take; whole blocks. */
export function ggmlBytes(type: GgmlType, elements: number): number {
  const known = tensorTypes.get(type);
  if (known === undefined) throw new RangeError(`${type} is not a ggml tensor type`);
  return Math.ceil(elements / known.blockElements) * known.blockBytes;
}

/** Bytes for one element, over a long row: 0.5625 for `q4_0`. Any letter case, as command lines write the names. */
export function bytesPerElement(name: string): number | undefined {
  const type = tensorTypes.get(name.toUpperCase());
  return type === undefined ? undefined : type.blockBytes / type.blockElements;
}
