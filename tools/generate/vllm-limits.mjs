/** `data/sources/vllm-limits.json` → `lib/rules/data/vllm-limits.json`: values of arguments, formats and kernels that each version of vLLM has. */
import { readSource, toJson } from './emit.mjs';

export async function outputs() {
  const { source, date, blockSizes, modelOptAlgorithms, expertsWithoutKernel, attentionBackends } =
    await readSource('vllm-limits.json');
  const text = toJson({
    date,
    source,
    blockSizes: blockSizes.map(({ since, sizes }) => [since, sizes]),
    modelOptAlgorithms: modelOptAlgorithms.map(({ since, algorithms }) => [since, algorithms]),
    expertsWithoutKernel: expertsWithoutKernel.map(({ weights, layout, fromSm, since, before }) => [
      weights,
      layout ?? null,
      fromSm,
      since,
      before,
    ]),
    attentionBackends: attentionBackends.map(({ name, after, until }) => [name, after, until]),
  });
  return [{ file: 'lib/rules/data/vllm-limits.json', text }];
}
