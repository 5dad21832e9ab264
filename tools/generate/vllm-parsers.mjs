/**
 * `data/sources/vllm-parsers.json` → `lib/rules/data/vllm-parsers.json`: which vLLM knows which parser of tool calls and of reasoning.
 * The source is read out of released wheels by extract-vllm-parsers.py.
 */
import { readSource } from './emit.mjs';

/** `since` alone where it still holds, `since..last` otherwise; ranges joined by a space. */
const compact = (ranges) => ranges.map(([first, last]) => (last === null ? first : `${first}..${last}`)).join(' ');

const table = (parsers) =>
  Object.entries(parsers)
    .map(([name, ranges]) => `${JSON.stringify(name)}:${JSON.stringify(compact(ranges))}`)
    .join(',\n');

export async function outputs() {
  const { source, date, versions, tool, reasoning } = await readSource('vllm-parsers.json');
  const text = `{
"date":${JSON.stringify(date)},
"source":${JSON.stringify(source)},
"versions":${JSON.stringify(versions)},
"tool":{
${table(tool)}
},
"reasoning":{
${table(reasoning)}
}
}
`;
  return [{ file: 'lib/rules/data/vllm-parsers.json', text }];
}
