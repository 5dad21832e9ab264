/**
 * `data/sources/sglang-pipelines.json` → `lib/rules/data/sglang-pipelines.json`: model classes of SGLang that run no stages of a pipeline, by
 * version. The source is read out of released wheels by extract-sglang-pipelines.py.
 */
import { readSource, toJson } from './emit.mjs';

export async function outputs() {
  const { date, source, versions, without } = await readSource('sglang-pipelines.json');
  const text = toJson({ date, source, versions: versions.join(' '), without });
  return [{ file: 'lib/rules/data/sglang-pipelines.json', text }];
}
