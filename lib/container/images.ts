import type { ContainerFamily } from '../spec/types';
import { parseVersion } from '../text/version';
import data from './data/images.json';
import type { ContainerImage, EngineName, ImageLocation } from './types';

type Row = readonly [
  family: ContainerFamily,
  version: string,
  tag: string,
  repository: string,
  regionSet: number | null,
  engine: EngineName,
  engineVersion: string | null,
  cuda: number | null,
  variant: ContainerImage['variant'],
  aliases: readonly string[],
];

/** What of the instance decides which of a version's images is meant. */
export interface ImageHost {
  readonly kind: 'gpu' | 'neuron' | 'cpu' | 'gaudi';
  readonly cpuArchitecture: 'x86_64' | 'arm64';
}

const rows = data.images as unknown as readonly Row[];
const accounts = data.accounts as Readonly<Record<string, string>>;
const regions = Object.keys(accounts);
const suffixes = data.dnsSuffixByPartition as Readonly<Record<string, string>>;
const defaults = data.default as Readonly<Partial<Record<ContainerFamily, string>>>;

/** Row indices by `family name`, where a name is a version, a tag or an alias. */
const byName = new Map<string, number[]>();
rows.forEach(([family, version, tag, , , , , , , aliases], index) => {
  for (const name of new Set([version, tag, ...aliases])) {
    const key = `${family} ${name}`;
    byName.set(key, [...(byName.get(key) ?? []), index]);
  }
});

/** Date the image data was collected. */
export const imageDataDate: string = data.date;

/** Regions with a registry of AWS's deep learning containers. */
export const registryRegions: readonly string[] = regions;

const releases: Readonly<Partial<Record<ContainerFamily, readonly string[]>>> = data.releases;

/** Every release of a family's engine on PyPI, newest first: a spec may name one that AWS never made an image of. Known of vLLM and SGLang. */
export function engineReleases(family: ContainerFamily): readonly string[] {
  return releases[family] ?? [];
}

/** Versions of a family, newest first. */
export function imageVersions(family: ContainerFamily): readonly string[] {
  return [...new Set(rows.filter((row) => row[0] === family).map((row) => row[1]))];
}

/** The version meant when a spec names none; `undefined` for `custom`. */
export function defaultVersion(family: ContainerFamily): string | undefined {
  return defaults[family];
}

/** The images of a version, tag or alias; more than one where there is one a processor. */
export function findImages(family: ContainerFamily, name: string): readonly ContainerImage[] {
  return (byName.get(`${family} ${name}`) ?? []).map((index) => toImage(rows[index]));
}

/**
 * The image of a version for this host, without a host the GPU one.
 *
 * @param name a version, a tag or an alias of either: `0.36.0-lmi27`, `0.36.0`, `lmi27`
 */
export function findContainerImage(
  family: ContainerFamily,
  name: string,
  host?: ImageHost,
): ContainerImage | undefined {
  const images = findImages(family, name);
  if (images.length < 2 || !host) return images[0];
  const wanted = host.kind === 'cpu' ? (host.cpuArchitecture === 'arm64' ? 'arm64' : 'cpu') : host.kind;
  return images.find((image) => image.variant === wanted) ?? images[0];
}

/**
 * Where the image of a family and version lies in a region's registry.
 *
 * @param version as in `findContainerImage`; without one the newest
 * @returns `undefined` for a version without an image, or a region without a registry
 */
export function findImage(
  family: ContainerFamily,
  version: string | undefined,
  region: string,
  host?: ImageHost,
): ImageLocation | undefined {
  const name = version ?? defaultVersion(family);
  const image = name === undefined ? undefined : findContainerImage(family, name, host);
  return image && locateImage(image, region);
}

/** The image in a region's registry; `undefined` for a region without one. */
export function locateImage(image: ContainerImage, region: string): ImageLocation | undefined {
  if (!Object.hasOwn(accounts, region)) return undefined;
  const account = accounts[region];
  const dnsSuffix = dnsSuffixOf(region);
  const { repository, tag } = image;
  return {
    uri: `${account}.dkr.ecr.${region}.${dnsSuffix}/${repository}:${tag}`,
    account,
    region,
    dnsSuffix,
    repository,
    tag,
    available: image.regions?.includes(region),
  };
}

/** Account of the registry in each region: what a template with a token for its region maps from. */
export function registryAccounts(): Readonly<Record<string, string>> {
  return accounts;
}

/** `aws-cn` for `cn-north-1`; source: botocore data/partitions.json. */
export function partitionOf(region: string): string {
  const prefixes: readonly (readonly [prefix: string, partition: string])[] = [
    ['cn-', 'aws-cn'],
    ['us-gov-', 'aws-us-gov'],
    ['eusc-', 'aws-eusc'],
    ['us-isob-', 'aws-iso-b'],
    ['us-isof-', 'aws-iso-f'],
    ['eu-isoe-', 'aws-iso-e'],
    ['us-iso-', 'aws-iso'],
  ];
  return prefixes.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws';
}

export function dnsSuffixOf(region: string): string {
  return suffixes[partitionOf(region)];
}

function toImage([family, version, tag, repository, set, engine, engineVersion, cuda, variant]: Row): ContainerImage {
  return {
    family,
    version,
    tag,
    repository,
    variant,
    engine,
    engineVersion: engineVersion === null ? undefined : parseVersion(engineVersion),
    cuda: cuda ?? undefined,
    regions: set === null ? undefined : data.regionSets[set].map((index) => regions[index]),
  };
}
