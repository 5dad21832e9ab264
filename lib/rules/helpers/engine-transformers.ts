import data from '../data/engine-transformers.json';
import { compareVersions, parseVersion, type Version } from '../../text/version';
import type { ResolvedContainer } from '../../container/types';
import { isInRanges, knownRanges } from './ranges';
import { neighbours } from './releases';
import { configRanges, type TransformersSpan } from './transformers-models';

/** The Transformers of an image: between `least` and `most` by what is required, and no newer than `likely` by the day it was made. */
export interface ImageTransformers extends TransformersSpan {
  readonly likely: Version;
}

type Row = readonly string[];

interface Engine {
  readonly releases: readonly Version[];
  readonly rows: readonly ImageTransformers[];
  readonly configReleases: readonly Version[];
  readonly configTypes: ReadonlyMap<string, string>;
}

const versions = (texts: readonly string[]): readonly Version[] => texts.map((text) => parseVersion(text) ?? []);

function readRow(row: Row): ImageTransformers {
  const [least, most, likely] = versions(row);
  return { least, most, likely };
}

function readEngine(engine: {
  readonly transformers: Readonly<Record<string, Row>>;
  readonly configVersions: readonly string[];
  readonly configTypes: Readonly<Record<string, string>>;
}): Engine {
  return {
    releases: versions(Object.keys(engine.transformers)),
    rows: Object.values(engine.transformers).map(readRow),
    configReleases: versions(engine.configVersions),
    configTypes: new Map(Object.entries(engine.configTypes)),
  };
}

const ENGINES: ReadonlyMap<string, Engine> = new Map([
  ['vllm', readEngine(data.vllm)],
  ['sglang', readEngine(data.sglang)],
]);
const LMI: ReadonlyMap<string, ImageTransformers> = new Map(
  Object.entries(data.lmi).map(([image, row]) => [image, readRow(row)]),
);

/** Images of Hugging Face say it in their tags. */
const IN_TAG = /-transformers(\d+\.\d+\.\d+)-/;

/** The Transformers of an image of vLLM or SGLang; undefined where nobody knows. */
export function transformersOf(container: ResolvedContainer): ImageTransformers | undefined {
  const { engineVersion, version = '' } = container;
  const engine = ENGINES.get(container.engine);
  if (engine === undefined || engineVersion === undefined) return undefined;
  const tagged = IN_TAG.exec(version)?.[1];
  if (tagged !== undefined) return readRow([tagged, tagged, tagged]);
  return LMI.get(version) ?? rowOf(engine, engineVersion);
}

/** What the release asks for, or the one before it of the same minor version. */
function rowOf({ releases, rows }: Engine, version: Version): ImageTransformers | undefined {
  const { before } = neighbours(version, releases);
  if (before === undefined || before[0] !== version[0] || before[1] !== version[1]) return undefined;
  return rows[releases.indexOf(before)];
}

/**
 * Can a server read a config of that `model_type`, by a class of its own or by Transformers? `unlikely`: no release that was there when the
 * image was made can; `perhaps`: that depends on which one the image has, or nothing is known.
 */
export type Reading = 'yes' | 'no' | 'unlikely' | 'perhaps';

export function readsConfig(container: ResolvedContainer, type: string): Reading {
  let known = readings.get(container);
  if (known === undefined) readings.set(container, (known = new Map()));
  let reading = known.get(type);
  if (reading !== undefined) return reading;
  reading = readingOf(container, type);
  if (known.size < MOST_REMEMBERED) known.set(type, reading);
  return reading;
}

/** Images and types of models are few, and rules ask of them for every spec. */
const readings = new WeakMap<ResolvedContainer, Map<string, Reading>>();
const MOST_REMEMBERED = 256;

function readingOf(container: ResolvedContainer, type: string): Reading {
  const engine = ENGINES.get(container.engine);
  const image = transformersOf(container);
  if (engine === undefined || container.engineVersion === undefined) return 'perhaps';
  if (bringsConfig(engine, type, container.engineVersion)) return 'yes';
  if (image === undefined) return 'perhaps';
  const reading = byTransformers(image, type);
  // What a version that nobody read brings along is not known.
  return reading === 'no' && container.assumedVersion !== undefined ? 'unlikely' : reading;
}

function bringsConfig({ configTypes, configReleases }: Engine, type: string, version: Version): boolean {
  const ranges = configTypes.get(type);
  return ranges !== undefined && isInRanges(version, knownRanges(ranges), configReleases);
}

function byTransformers({ least, most, likely }: ImageTransformers, type: string): Reading {
  const ranges = configRanges(type);
  if (ranges.length === 0) return 'no';
  const first = parseVersion(ranges[0].since) ?? [];
  const last = ranges.at(-1)?.last;
  if (compareVersions(first, most) > 0) return 'no';
  if (last !== undefined && compareVersions(parseVersion(last) ?? [], least) < 0) return 'no';
  if (compareVersions(first, likely) > 0) return 'unlikely';
  return compareVersions(first, least) <= 0 ? 'yes' : 'perhaps';
}

/** The first release of the engine, after the container's, that reads the type; undefined where none that was read does. */
export function firstReading({ engine: name, engineVersion }: ResolvedContainer, type: string): Version | undefined {
  const engine = ENGINES.get(name);
  if (engine === undefined || engineVersion === undefined) return undefined;
  return engine.releases.find(
    (release, index) =>
      compareVersions(release, engineVersion) > 0 &&
      (bringsConfig(engine, type, release) || ['yes', 'perhaps'].includes(byTransformers(engine.rows[index], type))),
  );
}

/** Where the rows come from, for `qe explain`. */
export const ENGINE_TRANSFORMERS_SOURCE = data.source;
