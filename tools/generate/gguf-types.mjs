/** `data/sources/gguf-types.json` → `lib/scheme/data/gguf-types.json`: block sizes of the tensor types, and the file types. */
import { readSource, toJson } from './emit.mjs';

export async function outputs() {
  const source = await readSource('gguf-types.json');
  const value = {
    date: source.date,
    source: source.source,
    tensorTypes: Object.fromEntries(
      Object.entries(source.tensorTypes).map(([name, type]) => [name, [type.id, type.block, type.bytes]]),
    ),
    fileTypes: Object.fromEntries(
      Object.entries(source.fileTypes).map(([name, type]) => [name, [type.id, type.tensorType]]),
    ),
  };
  return [{ file: 'lib/scheme/data/gguf-types.json', text: toJson(value) }];
}
