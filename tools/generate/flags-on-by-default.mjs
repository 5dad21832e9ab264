/** `data/sources/flags-on-by-default.json` → `lib/rules/data/flags-on-by-default.json`: flags that are on unless switched off, with the version since when, by engine. */
import { readSource, toJson } from './emit.mjs';

export async function outputs() {
  const { date, source, flags } = await readSource('flags-on-by-default.json');
  const engines = {};
  for (const { engine, flag, since } of flags) (engines[engine] ??= {})[flag] = since ?? null;
  return [{ file: 'lib/rules/data/flags-on-by-default.json', text: toJson({ date, source, engines }) }];
}
