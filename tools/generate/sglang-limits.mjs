/** `data/sources/sglang-limits.json` → `lib/rules/data/sglang-limits.json`: kernels that each version of SGLang has for a model and a GPU. */
import { readSource, rowsWithoutNotes, toJson } from './emit.mjs';

export async function outputs() {
  const text = toJson(rowsWithoutNotes(await readSource('sglang-limits.json')));
  return [{ file: 'lib/rules/data/sglang-limits.json', text }];
}
