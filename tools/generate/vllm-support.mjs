/**
 * Which vLLM serves which architecture, with LoRA adapters and pipeline parallelism: the ranges of data/sources/vllm-support.json,
 * written compactly for the rules. The source is read out of released wheels by extract-vllm-support.py.
 */
import { readSource } from './emit.mjs';

export async function outputs() {
  const source = await readSource('vllm-support.json');
  const newest = source.versions.at(-1);
  /** `since` alone where it still holds, `since..last` otherwise; ranges joined by a space. */
  const compact = (ranges) => ranges.map(([first, last]) => (last === null ? first : `${first}..${last}`)).join(' ');

  const architectures = Object.entries(source.architectures)
    .filter(([, support]) => support.served.length > 0)
    .map(([name, { served, lora, pipeline }]) => {
      const columns = [compact(served), compact(lora), compact(pipeline)];
      while (columns.length > 1 && columns.at(-1) === '') columns.pop();
      return `${JSON.stringify(name)}:${JSON.stringify(columns.join('|'))}`;
    });

  const text = `{
"date":${JSON.stringify(source.date)},
"source":${JSON.stringify(source.source)},
"oldest":${JSON.stringify(source.versions[0])},
"newest":${JSON.stringify(newest)},
"versions":${JSON.stringify(source.versions)},
"architectures":{
${architectures.join(',\n')}
}
}
`;
  return [{ file: 'lib/rules/data/vllm-architectures.json', text }];
}
