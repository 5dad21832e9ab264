/**
 * `data/sources/config-defaults.json` → `lib/model/data/config-defaults.json`: sizes that the reference configuration
 * classes assume. `data/sources/models.json` → `lib/model/data/models.json`: configs of known checkpoints by hub id.
 */
import { readSource, toJson } from './emit.mjs';

export async function outputs() {
  const defaults = await readSource('config-defaults.json');
  const models = await readSource('models.json');
  // Only configs that were read whole; the others serve to test the counting.
  const read = models.models.filter(({ verified }) => verified === 'verified from file');
  const configs = Object.fromEntries(read.map(({ id, config }) => [id, config]));
  return [
    { file: 'lib/model/data/config-defaults.json', text: toJson(defaults) },
    { file: 'lib/model/data/models.json', text: toJson({ date: models.date, source: models.source, configs }) },
  ];
}
