import data from './data/gguf-types.json';

/** A ggml tensor type: so many bytes for a block of so many elements. */
export interface GgufTensorType {
  readonly name: string;
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
  readonly tensorType: string;
}

const tensorTypes = data.tensorTypes as unknown as Readonly<Record<string, readonly [number, number, number]>>;
const fileTypes = data.fileTypes as unknown as Readonly<Record<string, readonly [number, string]>>;

/** Names of all tensor types: `Q4_K`, `IQ4_NL`, `F16`… */
export const ggufTensorTypeNames: readonly string[] = Object.keys(tensorTypes);

/** Names of all file types: `Q4_K_M`, `Q8_0`, `F16`… */
export const ggufFileTypeNames: readonly string[] = Object.keys(fileTypes);

export function findGgufTensorType(name: string): GgufTensorType | undefined {
  if (!Object.hasOwn(tensorTypes, name)) return undefined;
  const [id, blockElements, blockBytes] = tensorTypes[name];
  return { name, id, blockElements, blockBytes };
}

export function findGgufFileType(name: string): GgufFileType | undefined {
  if (!Object.hasOwn(fileTypes, name)) return undefined;
  const [id, tensorType] = fileTypes[name];
  return { name, id, tensorType };
}
