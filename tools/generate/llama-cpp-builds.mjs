/**
 * `data/sources/llama-cpp-builds.json` → `lib/container/data/llama-cpp-builds.json`: between which builds of llama.cpp a name came and went.
 * Each row is [last build read without it, first with it, last with it, first without it again]; null where that is not known, or where
 * it is a release without a build's number. Arguments that belong to other programs than the server are left out. What changed without a
 * name is from `llama-cpp-changes.json`.
 */
import { readSource, toJson } from './emit.mjs';

const number = (build) => (/^b\d+$/.test(build ?? '') ? Number(build.slice(1)) : null);

export async function outputs() {
  const source = await readSource('llama-cpp-builds.json');
  const server = await readSource('llama-cpp-arguments.json');
  const row = (builds, span) => {
    const [since, last] = span.split('..');
    const first = builds.indexOf(since);
    const end = last === undefined ? undefined : builds[builds.indexOf(last) + 1];
    const cells = [number(builds[first - 1]), number(since), number(last), number(end)];
    while (cells.at(-1) === null) cells.pop();
    return cells;
  };
  const rows = (builds, table) =>
    Object.fromEntries(Object.entries(table).map(([name, span]) => [name, row(builds, span)]));
  const builds = source.builds;
  const withArguments = builds.slice(builds.indexOf(source.argumentsSince));
  const ofServer = Object.entries(source.arguments).filter(
    ([name, text]) => Object.hasOwn(server.entries, name) || text.includes('..'),
  );
  const letter = { value: 'v', boolean: 'b' };
  const kindOf = (text) => letter[text.split(' ').at(-1)];
  /** The kind it had, the last build with that, and the first with the other. */
  const changed = (text) => {
    const [, before, last, , first] = text.split(' ');
    return [letter[before], number(last), number(first)];
  };
  const { changes } = await readSource('llama-cpp-changes.json');
  return [
    {
      file: 'lib/container/data/llama-cpp-builds.json',
      text: toJson({
        date: source.date,
        source: source.source,
        read: builds.map(number).filter((build) => build !== null),
        classes: source.classes,
        architectures: rows(builds, source.architectures),
        tensorTypes: rows(builds, source.tensorTypes),
        arguments: rows(withArguments, Object.fromEntries(ofServer.map(([name, text]) => [name, text.split(' ')[0]]))),
        gone: Object.fromEntries(
          ofServer.filter(([name]) => !Object.hasOwn(server.entries, name)).map(([name, text]) => [name, kindOf(text)]),
        ),
        changedKind: Object.fromEntries(
          ofServer.filter(([, text]) => text.split(' ').length > 2).map(([name, text]) => [name, changed(text)]),
        ),
        changes: Object.fromEntries(
          Object.entries(changes).map(([name, { lastWithout, first }]) => [name, [number(lastWithout), number(first)]]),
        ),
      }),
    },
  ];
}
