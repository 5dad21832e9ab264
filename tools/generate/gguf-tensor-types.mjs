/** `data/sources/gguf-types.json` → `lib/format/gguf/data/types.json`: what a GGUF reader must know of each tensor type, and the names of the file types. */
import { readSource, toJson } from './emit.mjs';

export async function outputs() {
  const { date, source, tensorTypes, fileTypes } = await readSource('gguf-types.json');
  const value = {
    date,
    source,
    tensorTypes: Object.fromEntries(
      Object.entries(tensorTypes).map(([name, { id, block, bytes }]) => [name, { id, block, bytes }]),
    ),
    fileTypes: Object.fromEntries(Object.entries(fileTypes).map(([name, { id }]) => [name, id])),
  };
  return [{ file: 'lib/format/gguf/data/types.json', text: toJson(value) }];
}
