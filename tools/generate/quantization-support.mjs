/**
 * `data/sources/vllm-quantization.json` and `quant-hardware.json` → `lib/scheme/data/support.json`: for each method of vLLM its
 * ranges `[since, until, minSm, dtypes]`, the gates of its schemes and kernels, and what the other engines run.
 */
import { readSource, toJson } from './emit.mjs';

export async function outputs() {
  const source = await readSource('quant-hardware.json');
  const methods = await readSource('vllm-quantization.json');
  // Activations are never kept in FP8: what the list of a method says of it is a storage type.
  const activations = (dtypes) => dtypes.filter((dtype) => !dtype.startsWith('float8'));
  const gates = {};
  for (const { gate, since, minSm } of source.vllmGates) (gates[gate] ??= []).push([since, minSm]);
  const ceilings = {};
  for (const { gate, since, until, lastSm } of source.vllmCeilings)
    (ceilings[gate] ??= []).push([since, until, lastSm]);
  const value = {
    date: source.date,
    sources: source.sources,
    vllmMethods: Object.fromEntries(
      Object.entries(methods.entries).map(([method, ranges]) => [
        method,
        ranges.map(({ since, until, minSm, dtypes }) => [since, until, minSm, activations(dtypes)]),
      ]),
    ),
    vllmGates: gates,
    vllmCeilings: ceilings,
    vllmKvCacheDtypes: source.vllmKvCacheDtypes.map(({ since, dtypes }) => [since, dtypes]),
    sglangKvCacheDtypes: source.sglangKvCacheDtypes.map(({ since, dtypes }) => [since, dtypes]),
    tensorrtLlm: source.tensorrtLlm.bySm,
    marlin: source.marlin,
    neuron: source.neuron.stacks,
  };
  return [{ file: 'lib/scheme/data/support.json', text: toJson(value) }];
}
