import data from './data/types.json';

/** A tensor type of ggml: `block` elements of one row take `bytes` bytes. */
export interface GgmlType {
  readonly name: string;
  /** Number in the file. */
  readonly id: number;
  readonly block: number;
  readonly bytes: number;
}

const byName = new Map<string, GgmlType>(
  Object.entries(data.tensorTypes).map(([name, type]) => [name, { name, ...type }] as const),
);
const byId = new Map<number, GgmlType>([...byName.values()].map((type) => [type.id, type]));
const fileTypes = new Map<number, string>(Object.entries(data.fileTypes).map(([name, id]) => [id, name]));

/** Every tensor type that a GGUF may hold, by name. Types that ggml has dropped are not among them. */
export const GGML_TYPES: ReadonlyMap<string, GgmlType> = byName;

export function ggmlTypeOfId(id: number): GgmlType | undefined {
  return byId.get(id);
}

/** Name of a `general.file_type`: `Q4_K_M` for 15. */
export function ggufFileTypeName(id: number): string | undefined {
  return fileTypes.get(id);
}

/** Number of a file type, for `general.file_type`. */
export function ggufFileTypeId(name: string): number | undefined {
  return Object.hasOwn(data.fileTypes, name) ? data.fileTypes[name as keyof typeof data.fileTypes] : undefined;
}
