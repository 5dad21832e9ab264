/** `data/sources/vllm-limits.json` → `lib/rules/data/vllm-limits.json`: values of arguments, formats and kernels that each version of vLLM has. */
import { readSource, rowsWithoutNotes, toJson } from './emit.mjs';

export async function outputs() {
  const text = toJson(rowsWithoutNotes(await readSource('vllm-limits.json')));
  return [{ file: 'lib/rules/data/vllm-limits.json', text }];
}
