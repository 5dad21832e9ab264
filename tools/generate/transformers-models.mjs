/**
 * `data/sources/transformers-models.json` → `lib/rules/data/transformers-models.json`: the model types that Transformers has configs for, and
 * its classes that generate text, by version.
 */
import { readSource } from './emit.mjs';

/** `since` alone where it still holds, `since..last` otherwise; ranges joined by a space. */
export const compact = (ranges) =>
  ranges.map(([first, last]) => (last === null ? first : `${first}..${last}`)).join(' ');

const lines = (table) =>
  Object.entries(table)
    .map(([name, text]) => `${JSON.stringify(name)}:${JSON.stringify(text)}`)
    .join(',\n');

const mapped = (table, of) => Object.fromEntries(Object.entries(table).map(([name, value]) => [name, of(value)]));

export async function outputs() {
  const { source, date, versions, modelTypes, classes } = await readSource('transformers-models.json');
  const columns = ({ exported, compatible, settable }) =>
    [exported, compatible, settable].map(compact).join('|').replace(/\|+$/, '');
  const text = `{
"date":${JSON.stringify(date)},
"source":${JSON.stringify(source)},
"versions":${JSON.stringify(versions)},
"modelTypes":{
${lines(mapped(modelTypes, compact))}
},
"classes":{
${lines(mapped(classes, columns))}
}
}
`;
  return [{ file: 'lib/rules/data/transformers-models.json', text }];
}
