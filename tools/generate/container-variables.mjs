/**
 * `data/sources/container-variables.json`, `vllm-arguments.json`, `sglang-arguments.json` and `llama-cpp-arguments.json` →
 * `lib/container/data/`: what each container reads from its environment.
 */
import { readSource, toJson } from './emit.mjs';

/** `0.4.0..0.16.0 0.20.1`: ranges joined by a space, an open end left out. */
const compact = (ranges) => ranges.map(([first, last]) => (last === null ? first : `${first}..${last}`)).join(' ');

/** First letter of each kind. */
const LETTER = { switch: 's', boolean: 'b', value: 'v', list: 'l', json: 'j', optional: 'o' };

/** `kinds|ranges of the server|ranges of the engine`, the last left out where it is the same or there is but a server. */
function argument({ kinds, server, engine }) {
  const columns = [kinds.map(([since, kind]) => `${LETTER[kind]}${since}`).join(' '), compact(server)];
  if (engine !== undefined && compact(engine) !== columns[1]) columns.push(compact(engine));
  return columns.join('|');
}

const argumentRows = ({ entries }) =>
  Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, argument(entry)]));

function withoutNotes(record) {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !key.startsWith('_')));
}

const letters = (entries) => Object.fromEntries(Object.entries(entries).map(([name, kind]) => [name, LETTER[kind]]));

export async function outputs() {
  const variables = await readSource('container-variables.json');
  const vllm = await readSource('vllm-arguments.json');
  const sglang = await readSource('sglang-arguments.json');
  const llamaCpp = await readSource('llama-cpp-arguments.json');
  return [
    {
      file: 'lib/container/data/vllm-arguments.json',
      text: toJson({
        date: vllm.date,
        source: vllm.source,
        newest: vllm.versions.at(-1),
        arguments: argumentRows(vllm),
      }),
    },
    {
      file: 'lib/container/data/sglang-arguments.json',
      text: toJson({
        date: sglang.date,
        source: sglang.source,
        versions: sglang.versions.join(' '),
        arguments: argumentRows(sglang),
      }),
    },
    {
      file: 'lib/container/data/variables.json',
      text: toJson({
        date: variables.date,
        sources: variables.sources,
        common: variables.common,
        families: variables.families,
        tokens: variables.tokens,
        misnomers: withoutNotes(variables.misnomers),
        options: withoutNotes(variables.options),
        llamaCpp: {
          source: llamaCpp.source,
          version: llamaCpp.version,
          arguments: letters(llamaCpp.entries),
          words: llamaCpp.words,
          templates: llamaCpp.templates,
          removed: llamaCpp.removed,
        },
      }),
    },
  ];
}
