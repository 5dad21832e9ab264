import { UnknownNameError } from '../errors';
import { nearestNames } from '../text/nearest';
import { GIB } from '../units';
import { accelerators } from './accelerators';
import data from './data/instances.json';
import type { Instance } from './types';

/** One row of the data file, in the order of its `columns`. */
type Row = readonly [
  instanceType: string,
  kind: Instance['kind'],
  vcpus: number,
  memoryGiB: number,
  cpu: Instance['cpuArchitecture'],
  localNvmeGB: number,
  networkGbps: number | null,
  volumeSizeInGb: boolean | null,
  accelerator: string | null,
  acceleratorCount: number,
  regionSet: number,
];

const rows: ReadonlyMap<string, Row> = new Map((data.instances as unknown as Row[]).map((row) => [row[0], row]));
const regionSets: readonly (readonly string[])[] = data.regionSets.map((set) =>
  set.map((index) => data.regions[index]),
);
const simd = data.simd as Readonly<Record<string, string>>;
const built = new Map<string, Instance>();

/** Date the instance data was collected. */
export const instanceDataDate: string = data.date;

/** Regions for which the data says which instance types exist. */
export const knownRegions: readonly string[] = data.regions;

/** Every hosting instance type, as SageMaker's own API model lists them: `ml.g5.xlarge`… */
export function instanceTypes(): readonly string[] {
  return [...rows.keys()];
}

/** An instance type of SageMaker hosting, or `undefined` for a name that is not one. */
export function findInstance(instanceType: string): Instance | undefined {
  const known = built.get(instanceType);
  if (known) return known;
  const row = rows.get(instanceType);
  if (!row) return undefined;
  const instance = fromRow(row);
  built.set(instanceType, instance);
  return instance;
}

/**
 * Like `findInstance`, for callers that cannot go on without it.
 *
 * @throws UnknownNameError `INSTANCE_TYPE_UNKNOWN`, naming the nearest types
 */
export function requireInstance(instanceType: string): Instance {
  const instance = findInstance(instanceType);
  if (instance) return instance;
  const nearest = nearestInstanceTypes(instanceType);
  throw new UnknownNameError('INSTANCE_TYPE_UNKNOWN', `${instanceType} is not a SageMaker hosting instance type`, {
    got: instanceType,
    allowed: nearest.length > 0 ? nearest.join(', ') : `one of ${rows.size} types, such as ml.g5.2xlarge`,
    fix: nearest.length > 0 ? `use ${nearest[0]}` : 'use a type that SageMaker hosting offers',
    path: '/instanceType',
  });
}

/**
 * Hosting types nearest to a name that is not one, best first: the `ml.` prefix is supplied where it lacks, then the
 * same family wins over a smaller edit distance (for `ml.g5.3xlarge` a G5, not an M5).
 */
export function nearestInstanceTypes(name: string, limit = 3): string[] {
  const wanted = name.toLowerCase().trim();
  const full = wanted.startsWith('ml.') ? wanted : `ml.${wanted}`;
  if (rows.has(full)) return [full];
  const family = full.split('.')[1] ?? '';
  const sameFamily = [...rows.keys()].filter((type) => type.split('.')[1] === family);
  const ranked = [...nearestNames(full, sameFamily, limit), ...nearestNames(full, rows.keys(), limit * 2)];
  return [...new Set(ranked)].slice(0, limit);
}

/** Is the type offered in the region? `undefined`: the data does not cover the region or the type. */
export function isOffered(instance: Instance, region: string): boolean | undefined {
  if (!data.regions.includes(region) || instance.regions.length === 0) return undefined;
  return instance.regions.includes(region);
}

/**
 * Share of an EC2 instance's memory that its processes never see or the system takes. SageMaker documents none; this is what Karpenter sets
 * aside. Source: Karpenter docs, Settings, `vmMemoryOverheadPercent` 0.075.
 */
const HOST_OVERHEAD = 0.075;

function fromRow(row: Row): Instance {
  const [instanceType, kind, vcpus, memoryGiB, cpu, localNvmeGB, networkGbps, volume, key, count, regionSet] = row;
  const [, family, size] = instanceType.split('.');
  return Object.freeze({
    instanceType,
    family,
    size,
    kind,
    vcpus,
    memoryBytes: memoryGiB * GIB,
    memoryBytesUsable: Math.floor(memoryGiB * GIB * (1 - HOST_OVERHEAD)),
    cpuArchitecture: cpu,
    simd: simd[family],
    localNvmeBytes: localNvmeGB * 1e9,
    networkBandwidth: networkGbps === null ? undefined : (networkGbps * 1e9) / 8,
    volumeSizeAllowed: volume === null ? undefined : volume,
    accelerator: key === null ? undefined : accelerators.get(key),
    acceleratorCount: count,
    regions: regionSets[regionSet],
  });
}
