/** `data/sources/argument-ranges.json` → `lib/rules/data/argument-ranges.json`: the least that numbers among the servers' arguments may be, by container. */
import { readSource, rowsWithoutNotes, toJson } from './emit.mjs';

export async function outputs() {
  const { date, source, ranges } = rowsWithoutNotes(await readSource('argument-ranges.json'));
  const families = {};
  for (const { families: names, argument, ...range } of ranges)
    for (const name of names) (families[name] ??= {})[argument] = range;
  return [{ file: 'lib/rules/data/argument-ranges.json', text: toJson({ date, source, families }) }];
}
