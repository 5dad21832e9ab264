/**
 * `data/sources/vllm-support.json` → `lib/rules/data/vllm-architectures.json`: which vLLM serves which architecture, with LoRA adapters
 * (of the output head, too), pipeline parallelism and bitsandbytes. The source is read out of released wheels by extract-vllm-support.py.
 */
import { readSource } from './emit.mjs';

/** `since` alone where it still holds, `since..last` otherwise; ranges joined by a space. */
const compact = (ranges) => ranges.map(([first, last]) => (last === null ? first : `${first}..${last}`)).join(' ');

export async function outputs() {
  const source = await readSource('vllm-support.json');
  const architectures = Object.entries(source.architectures)
    .filter(([, support]) => support.served.length > 0)
    .map(([name, { served, lora, pipeline, bitsandbytes, loraHead }]) => {
      const columns = [compact(served), compact(lora), compact(pipeline), compact(bitsandbytes), compact(loraHead)];
      while (columns.length > 1 && columns.at(-1) === '') columns.pop();
      return `${JSON.stringify(name)}:${JSON.stringify(columns.join('|'))}`;
    });
  const text = `{
"date":${JSON.stringify(source.date)},
"source":${JSON.stringify(source.source)},
"versions":${JSON.stringify(source.versions)},
"architectures":{
${architectures.join(',\n')}
}
}
`;
  return [{ file: 'lib/rules/data/vllm-architectures.json', text }];
}
