/** `data/sources/images.json` → `lib/container/data/images.json`: one row an image, regions as indices into one list. */
import { readSource, toJson } from './emit.mjs';

export async function outputs() {
  const source = await readSource('images.json');
  const regions = Object.keys(source.accounts);
  const sets = Object.keys(source.regionSets);
  const value = {
    date: source.date,
    sources: source.sources,
    default: source.default,
    dnsSuffixByPartition: source.dnsSuffixByPartition,
    accounts: source.accounts,
    regionSets: sets.map((set) => source.regionSets[set].map((region) => regions.indexOf(region))),
    releases: { vllm: source.vllmReleases, sglang: source.sglangReleases },
    columns: [
      'family',
      'version',
      'tag',
      'repository',
      'regionSet',
      'engine',
      'engineVersion',
      'cuda',
      'variant',
      'aliases',
    ],
    images: source.images.map((image) => [
      image.family,
      image.version,
      image.tag,
      image.repository,
      image.regions === null ? null : sets.indexOf(image.regions),
      image.engine,
      image.engineVersion,
      image.cuda ?? null,
      image.variant ?? 'gpu',
      image.aliases ?? [],
    ]),
  };
  return [{ file: 'lib/container/data/images.json', text: toJson(value) }];
}
