/** `data/sources/argument-conflicts.json` → `lib/rules/data/argument-conflicts.json`: arguments that a server refuses beside others. */
import { readSource, toJson } from './emit.mjs';

export async function outputs() {
  const { source, date, conflicts } = await readSource('argument-conflicts.json');
  const text = toJson({
    date,
    source,
    conflicts: conflicts.map(({ engine, since, before, all, what, allowed, fix }) => [
      engine,
      since,
      before,
      all,
      what,
      allowed,
      fix,
    ]),
  });
  return [{ file: 'lib/rules/data/argument-conflicts.json', text }];
}
