/**
 * `data/sources/server-support.json` and `tensorrt-llm-architectures.json` → `lib/rules/data/server-support.json`: the architectures that llama.cpp converts to GGUF,
 * those that TensorRT-LLM builds engines of, and the architectures and quantization methods of SGLang by version. The first source is read out of released packages by extract-server-support.py.
 */
import { readSource } from './emit.mjs';

const pairs = (rows, key, value) => Object.fromEntries(rows.map((row) => [row[key], row[value]]));

export async function outputs() {
  const { date, sources, llamaCpp, sglang } = await readSource('server-support.json');
  const tensorRt = await readSource('tensorrt-llm-architectures.json');
  const lines = (table) =>
    Object.entries(table)
      .map(([name, range]) => `${JSON.stringify(name)}:${JSON.stringify(range)}`)
      .join(',\n');
  const text = `{
"date":${JSON.stringify(date)},
"sources":${JSON.stringify({ ...sources, tensorRtLlm: tensorRt.source })},
"llamaCpp":[
${llamaCpp.map((name) => JSON.stringify(name)).join(',\n')}
],
"tensorRtLlm":${JSON.stringify(tensorRt.architectures)},
"tensorRtLlmSince":${JSON.stringify(pairs(tensorRt.builtSince, 'architecture', 'since'))},
"tensorRtLlmDocumented":${JSON.stringify(tensorRt.documented.prefixes)},
"tensorRtLlmVllm":${JSON.stringify(tensorRt.vllmOfTheTime.rows.map(({ since, vllm }) => [since, vllm]))},
"sglangVersions":${JSON.stringify(sglang.versions)},
"sglangArchitectures":{
${lines(sglang.architectures)}
},
"sglangQuantization":{
${lines(sglang.quantization)}
}
}
`;
  return [{ file: 'lib/rules/data/server-support.json', text }];
}
