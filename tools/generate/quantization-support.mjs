/**
 * `data/sources/quant-hardware.json` → `lib/scheme/data/support.json`.
 *
 * vLLM's facts were read from wheels of some versions, and from pull requests for the time before: here they become
 * ranges, `[since, until, minSm, dtypes]` for each method. A change between two wheels is dated to the later one.
 */
import { readSource, toJson } from './emit.mjs';

const numbers = (version) => version.split('.').map((part) => Number.parseInt(part, 10));

export function compareVersions(a, b) {
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** When each method appeared and went, from the lists of the wheels and the history before them. */
function methodRanges(source) {
  const wheels = Object.keys(source.vllmWheelMethods).sort(compareVersions);
  const events = new Map();
  const add = (method, event) => events.set(method, [...(events.get(method) ?? []), event]);
  for (const entry of source.vllmHistory)
    add(entry.method, { since: entry.since, minSm: entry.minSm, dtypes: entry.dtypes });
  for (const wheel of wheels) {
    const capability = nearestBelow(source.vllmWheelCapability, wheel);
    for (const method of source.vllmWheelMethods[wheel]) {
      const known = capability[method] ?? capability[aliasOf(method)];
      const last = events.get(method)?.at(-1);
      if (last?.until === undefined && last && (!known || same(last, known))) continue;
      if (last?.since === wheel) continue;
      add(method, {
        since: wheel,
        minSm: known?.minSm ?? last?.minSm ?? null,
        dtypes: known?.dtypes ?? last?.dtypes ?? [],
      });
    }
    for (const [method, list] of events) {
      const last = list.at(-1);
      const gone = last.until === undefined && !source.vllmWheelMethods[wheel].includes(method);
      if (gone && compareVersions(last.since, wheel) < 0) last.until = wheel;
    }
  }
  for (const { method, since } of source.vllmRemoved) events.get(method).at(-1).until = since;
  return events;
}

/** Names under which a later wheel keeps the class of a method. */
function aliasOf(method) {
  if (method === 'awq' || method === 'awq_marlin') return 'auto_awq';
  if (method === 'gptq' || method === 'gptq_marlin') return 'auto_gptq';
  if (method.startsWith('fp8_per_') || method === 'int8_per_channel_weight_only') return 'online';
  return method;
}

function same(range, known) {
  return range.minSm === known.minSm && range.dtypes.join() === known.dtypes.join();
}

function nearestBelow(byVersion, version) {
  const below = Object.keys(byVersion)
    .filter((key) => compareVersions(key, version) <= 0)
    .sort(compareVersions);
  return byVersion[below.at(-1)];
}

export async function outputs() {
  const source = await readSource('quant-hardware.json');
  const ranges = methodRanges(source);
  const methods = Object.fromEntries(
    [...ranges]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([method, list]) => [
        method,
        list.map(({ since, until, minSm, dtypes }, index) => [
          since,
          until ?? list[index + 1]?.since ?? null,
          minSm,
          dtypes,
        ]),
      ]),
  );
  const gates = {};
  for (const { gate, since, minSm } of source.vllmGates) (gates[gate] ??= []).push([since, minSm]);
  const value = {
    date: source.date,
    sources: source.sources,
    vllmMethods: methods,
    vllmGates: gates,
    vllmKvCacheDtypes: source.vllmKvCacheDtypes.map(({ since, dtypes }) => [since, dtypes]),
    tensorrtLlm: source.tensorrtLlm.bySm,
    marlin: source.marlin,
    neuron: source.neuron.stacks,
  };
  return [{ file: 'lib/scheme/data/support.json', text: toJson(value) }];
}
