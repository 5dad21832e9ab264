import { findGgufFileType, findGgufTensorType, ggufFileTypeNames, ggufTensorTypeNames } from '../../scheme/gguf-types';

/** A tensor type of ggml: `block` elements of one row take `bytes` bytes. */
export interface GgmlType {
  readonly name: string;
  /** Number in the file. */
  readonly id: number;
  readonly block: number;
  readonly bytes: number;
}

const types = ggufTensorTypeNames.flatMap((name): readonly GgmlType[] => {
  const type = findGgufTensorType(name);
  return type === undefined ? [] : [{ name, id: type.id, block: type.blockElements, bytes: type.blockBytes }];
});
const byId = new Map(types.map((type) => [type.id, type]));
const fileTypes = new Map(ggufFileTypeNames.map((name) => [findGgufFileType(name)?.id, name]));

/** Every tensor type that a GGUF may hold, by name. Types that ggml has dropped are not among them. */
export const GGML_TYPES: ReadonlyMap<string, GgmlType> = new Map(types.map((type) => [type.name, type]));

export function ggmlTypeOfId(id: number): GgmlType | undefined {
  return byId.get(id);
}

/** Name of a `general.file_type`: `Q4_K_M` for 15. */
export function ggufFileTypeName(id: number): string | undefined {
  return fileTypes.get(id);
}

/** Number of a file type, for `general.file_type`. */
export function ggufFileTypeId(name: string): number | undefined {
  return findGgufFileType(name)?.id;
}
