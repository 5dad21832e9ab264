/** `data/sources/transformers-models.json` → `lib/rules/data/transformers-models.json`: the model types that Transformers has code for. */
import { readSource, toJson } from './emit.mjs';

export async function outputs() {
  const { source, date, versions, modelTypes } = await readSource('transformers-models.json');
  return [{ file: 'lib/rules/data/transformers-models.json', text: toJson({ date, source, versions, modelTypes }) }];
}
