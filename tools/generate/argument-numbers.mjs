/** `data/sources/argument-numbers.json` → `lib/rules/data/argument-numbers.json`: arguments and variables that are one number and nothing else, by container. */
import { readSource, toJson } from './emit.mjs';

function byFamily(rows) {
  const families = {};
  for (const { families: names, kind, names: numbers } of rows)
    for (const family of names)
      families[family] = { ...families[family], ...Object.fromEntries(numbers.map((number) => [number, kind])) };
  return families;
}

export async function outputs() {
  const { date, source, arguments: passed, variables } = await readSource('argument-numbers.json');
  const text = toJson({ date, source, arguments: byFamily(passed), variables: byFamily(variables) });
  return [{ file: 'lib/rules/data/argument-numbers.json', text }];
}
