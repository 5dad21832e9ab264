/** `data/sources/vllm-limits.json` → `lib/rules/data/vllm-limits.json`: values of arguments, formats and kernels that each version of vLLM has. */
import { readSource, toJson } from './emit.mjs';

export async function outputs() {
  const {
    source,
    date,
    blockSizes,
    modelOptAlgorithms,
    expertsWithoutKernel,
    attentionBackends,
    expertBackends,
    expertBackendGpus,
    latentBackends,
    expertAlignment,
  } = await readSource('vllm-limits.json');
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
    expertBackends: expertBackends.map(({ weights, read, names }) => [weights, read, names]),
    expertBackendGpus: expertBackendGpus.map(({ name, least, most }) => [name, least, most]),
    latentBackends: latentBackends.map(({ name, sparse, least, most, kv, after, until }) => [
      name,
      sparse,
      least,
      most,
      kv,
      after ?? null,
      until ?? null,
    ]),
    expertAlignment: expertAlignment.map(({ weights, activation, least, most, multiple, since, before }) => [
      weights,
      activation,
      least,
      most,
      multiple,
      since,
      before,
    ]),
  });
  return [{ file: 'lib/rules/data/vllm-limits.json', text }];
}
