import { parseVersion, type Version } from '../../text/version';
import data from '../data/sglang-pipelines.json';
import { isInRanges, readRanges } from './ranges';

const READ: readonly Version[] = data.versions.split(' ').map((text) => parseVersion(text) ?? []);
const WITHOUT: Readonly<Record<string, string>> = data.without;

/** Has a version of SGLang a class of its own for the architecture that takes no stages of a pipeline? */
export function sglangRunsNoStages(architecture: string, version: Version): boolean {
  return Object.hasOwn(WITHOUT, architecture) && isInRanges(version, readRanges(WITHOUT[architecture]), READ);
}

/** The first version whose class does, where a later one does. */
export function sglangStagesSince(architecture: string): string | undefined {
  const last = readRanges(Object.hasOwn(WITHOUT, architecture) ? WITHOUT[architecture] : '').at(-1)?.last;
  return last === undefined ? undefined : data.versions.split(' ')[data.versions.split(' ').indexOf(last) + 1];
}

export const SGLANG_PIPELINES_SOURCE = data.source;
