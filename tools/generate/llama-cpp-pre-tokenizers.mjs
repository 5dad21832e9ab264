/**
 * `data/sources/llama-cpp-pre-tokenizers.json` → `lib/rules/data/llama-cpp-pre-tokenizers.json`: pre-tokenizers that came to llama.cpp after the
 * architecture of their models, with the last build read without them and the first with them.
 */
import { readSource, toJson } from './emit.mjs';

const number = (build) => Number(build.slice(1));

export async function outputs() {
  const { date, source, checkedSince, rows } = await readSource('llama-cpp-pre-tokenizers.json');
  const text = toJson({
    date,
    source,
    checkedSince: number(checkedSince),
    rows: rows.map((row) => ({ ...row, lastWithout: number(row.lastWithout), first: number(row.first) })),
  });
  return [{ file: 'lib/rules/data/llama-cpp-pre-tokenizers.json', text }];
}
