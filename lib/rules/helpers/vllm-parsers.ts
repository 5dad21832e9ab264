import data from '../data/vllm-parsers.json';
import { compareVersions, parseVersion, type Version } from '../../text/version';
import { isInRanges, readRanges, type KnownRange } from './ranges';

/** What a parser reads out of a model's answer. */
export type ParserKind = 'tool' | 'reasoning';

const READ: readonly Version[] = data.versions.map((text) => parseVersion(text) ?? []);

const table = (names: Readonly<Record<string, string>>): ReadonlyMap<string, readonly KnownRange[]> =>
  new Map(Object.entries(names).map(([name, text]) => [name, readRanges(text)]));

const PARSERS: Readonly<Record<ParserKind, ReadonlyMap<string, readonly KnownRange[]>>> = {
  tool: table(data.tool),
  reasoning: table(data.reasoning),
};

/** When vLLM has a parser; undefined for a name that no version read has. */
export function parserRanges(kind: ParserKind, name: string): readonly KnownRange[] | undefined {
  return PARSERS[kind].get(name);
}

/** The parsers of a version, as its error message lists them. */
export function parsersOf(kind: ParserKind, version: Version): readonly string[] {
  return [...PARSERS[kind]].filter(([, ranges]) => isInRanges(version, ranges, READ)).map(([name]) => name);
}

/** Newer than what was read: it may have names that nobody here knows. */
export function isNewerThanRead(version: Version): boolean {
  return compareVersions(version, READ[READ.length - 1]) > 0;
}

/** Where the names come from, for `qe explain`. */
export const PARSERS_SOURCE = data.source;
