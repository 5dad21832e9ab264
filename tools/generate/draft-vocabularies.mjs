/** `data/sources/draft-vocabularies.json` → `lib/rules/data/draft-vocabularies.json`: vocabularies of models by their names. */
import { readSource } from './emit.mjs';

export async function outputs() {
  const { source, date, models } = await readSource('draft-vocabularies.json');
  const rows = models.map((row) => JSON.stringify(row)).join(',\n');
  const text = `{\n"date":${JSON.stringify(date)},\n"source":${JSON.stringify(source)},\n"models":[\n${rows}\n]\n}\n`;
  return [{ file: 'lib/rules/data/draft-vocabularies.json', text }];
}
