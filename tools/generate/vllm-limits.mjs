/** `data/sources/vllm-limits.json` → `lib/rules/data/vllm-limits.json`: values of arguments that each version of vLLM takes. */
import { readSource, toJson } from './emit.mjs';

export async function outputs() {
  const { source, date, blockSizes } = await readSource('vllm-limits.json');
  const text = toJson({ date, source, blockSizes: blockSizes.map(({ since, sizes }) => [since, sizes]) });
  return [{ file: 'lib/rules/data/vllm-limits.json', text }];
}
