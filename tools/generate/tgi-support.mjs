/** `data/sources/tgi-support.json` → `lib/rules/data/tgi-support.json`: model types and quantizations of text-generation-inference, with the release since when. */
import { readSource, toJson } from './emit.mjs';

/** `{ gemma: '1.4.2' }`: the first of the releases that lists each name. None of them ever dropped one. */
function since(releases, field) {
  const first = {};
  for (const [version, release] of releases) for (const name of release[field]) first[name] ??= version;
  for (const [version, release] of releases)
    for (const name of Object.keys(first))
      if (release[field].includes(name) !== isAtLeast(releases, version, first[name]))
        throw new Error(`tgi-support.json: ${version} dropped ${name}, which this table cannot say`);
  return Object.fromEntries(Object.entries(first).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isAtLeast(releases, version, first) {
  const names = releases.map(([name]) => name);
  return names.indexOf(version) >= names.indexOf(first);
}

/** `{ gemma3: '3.2.0' }`: the first of the later releases that has code for each type. */
function firstOf(later) {
  const first = {};
  for (const [version, { own }] of Object.entries(later)) for (const type of own) first[type] ??= version;
  return Object.fromEntries(Object.entries(first).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export async function outputs() {
  const { source, date, releases, later } = await readSource('tgi-support.json');
  const entries = Object.entries(releases);
  const text = toJson({
    date,
    source,
    releases: entries.map(([version]) => version),
    own: since(entries, 'own'),
    fallback: since(entries, 'fallback'),
    quantize: since(entries, 'quantize'),
    later: Object.fromEntries(Object.entries(later).map(([version, { transformers }]) => [version, transformers])),
    ownLater: firstOf(later),
    needSlidingWindow: entries.filter(([, { needsSlidingWindow }]) => needsSlidingWindow).map(([version]) => version),
  });
  return [{ file: 'lib/rules/data/tgi-support.json', text }];
}
