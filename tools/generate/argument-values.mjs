/**
 * `data/sources/argument-values.json` → `lib/rules/data/argument-values.json`: words, numbers and JSON fields that each version of vLLM and
 * SGLang takes as the value of an argument. The source is read out of released wheels by extract-argument-values.py.
 */
import { readSource } from './emit.mjs';

/** Arguments whose values a rule of their own judges, with what it knows besides. */
const JUDGED_ELSEWHERE = {
  words: ['dtype', 'kv-cache-dtype', 'load-format', 'quantization', 'reasoning-parser', 'tool-call-parser'],
  bounds: [
    'block-size',
    'data-parallel-size',
    'gpu-memory-utilization',
    'max-loras',
    'max-model-len',
    'pipeline-parallel-size',
    'tensor-parallel-size',
  ],
};

const SGLANG_JUDGED_ELSEWHERE = ['dtype', 'kv-cache-dtype', 'quantization'];

/** Fields whose words a validator rewrites before they are compared, or that a rule of its own judges. */
const ANY_WORD = ['attention_backend', 'kv_cache_dtype', 'method', 'moe_backend'];

const line = ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`;
const lines = (table) => Object.entries(table).map(line).join(',\n');
const without = (table, names) => Object.fromEntries(Object.entries(table).filter(([name]) => !names.includes(name)));

/** Words in one text: no word holds a space. */
const words = (table) =>
  Object.fromEntries(
    Object.entries(table).map(([name, spans]) => [
      name,
      spans.map(([since, list]) => [since, list?.join(' ') ?? null]),
    ]),
  );

/** Fields in one text, `name=word|word` where only words are taken. */
const fields = (table) =>
  Object.fromEntries(
    Object.entries(table).map(([name, spans]) => [
      name,
      spans.map(([since, own]) => [
        since,
        Object.entries(own)
          .map(([field, list]) => (list === null || ANY_WORD.includes(field) ? field : `${field}=${list.join('|')}`))
          .join(' '),
      ]),
    ]),
  );

export async function outputs() {
  const { source, date, vllm, sglang } = await readSource('argument-values.json');
  const text = `{
"date":${JSON.stringify(date)},
"source":${JSON.stringify(source)},
"vllmVersions":${JSON.stringify(vllm.versions.join(' '))},
"vllmWords":{
${lines(words(without(vllm.words, JUDGED_ELSEWHERE.words)))}
},
"vllmBounds":{
${lines(without(vllm.bounds, JUDGED_ELSEWHERE.bounds))}
},
"vllmFields":{
${lines(fields(vllm.keys))}
},
"sglangVersions":${JSON.stringify(sglang.versions.join(' '))},
"sglangWords":{
${lines(words(without(sglang.words, SGLANG_JUDGED_ELSEWHERE)))}
}
}
`;
  return [{ file: 'lib/rules/data/argument-values.json', text }];
}
