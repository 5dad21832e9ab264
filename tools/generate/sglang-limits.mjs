/** `data/sources/sglang-limits.json` → `lib/rules/data/sglang-limits.json`: kernels that each version of SGLang has for a model and a GPU. */
import { readSource, toJson } from './emit.mjs';

export async function outputs() {
  const { source, date, refusedRunners, linearAttention } = await readSource('sglang-limits.json');
  const text = toJson({
    date,
    source,
    refusedRunners: refusedRunners.map(({ weights, names, since, before }) => [weights, names, since, before ?? null]),
    linearAttention: linearAttention.map(({ least, most, since, before, backends }) => [
      least,
      most,
      since,
      before ?? null,
      backends,
    ]),
  });
  return [{ file: 'lib/rules/data/sglang-limits.json', text }];
}
