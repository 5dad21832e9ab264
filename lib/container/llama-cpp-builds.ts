import data from './data/llama-cpp-builds.json';
import type { ResolvedContainer } from './types';

/** What a build of llama.cpp knows by name. */
export type KnownName = 'architectures' | 'tensorTypes' | 'arguments';

type Row = readonly (number | null)[];

/** Between which builds a name came and went, of those that were read; `undefined` where a release without a number, or none, stands there. */
export interface BuildSpan {
  readonly lastWithout?: number;
  readonly first?: number;
  readonly last?: number;
  readonly firstAfter?: number;
}

export const LLAMA_CPP_BUILDS_SOURCE = data.source;

/** Builds that a spec may name: a number, as tags have it: `b6122`, `6122`, `server-cuda-b6122`. */
const BUILD = /^(?:[a-z\d.-]+-)?b(\d{3,6})(?:$|-)|^(\d{4,6})$/;

/** The build that a tag names; `undefined` where it names none. */
export function buildOfTag(tag: string): number | undefined {
  const match = BUILD.exec(tag);
  return match === null ? undefined : Number(match[1] ?? match[2]);
}

/** The build of a container with llama.cpp; `undefined` where it is not known, which is so of the newest images, and of its releases (0.5.0). */
export function llamaCppBuild(container: ResolvedContainer | undefined): number | undefined {
  const build = container?.engine === 'llama.cpp' ? container.engineVersion?.[0] : undefined;
  return build !== undefined && build >= OLDEST ? build : undefined;
}

/** Smaller numbers are versions of images or releases, no builds. */
const OLDEST = 100;

export function buildSpan(kind: KnownName, name: string): BuildSpan | undefined {
  const rows = data[kind] as Readonly<Record<string, Row>>;
  if (!Object.hasOwn(rows, name)) return undefined;
  const [lastWithout, first, last, firstAfter] = rows[name];
  return {
    lastWithout: lastWithout ?? undefined,
    first: first ?? undefined,
    last: last ?? undefined,
    firstAfter: firstAfter ?? undefined,
  };
}

/** Did the name come after this build, as far as the builds that were read show? */
export function comesAfter(span: BuildSpan, build: number): boolean {
  return span.lastWithout !== undefined && build <= span.lastWithout;
}

/** Had the name gone by this build? */
export function isGoneBy(span: BuildSpan, build: number): boolean {
  return span.firstAfter !== undefined && build >= span.firstAfter;
}

/** The architectures that llama.cpp's converter has ever written a class of `config.json` as. */
export function ggufArchitectures(className: string): readonly string[] {
  const classes = data.classes as Readonly<Record<string, readonly string[]>>;
  return Object.hasOwn(classes, className) ? classes[className] : [];
}

/**
 * Of an argument that the newest llama-server has no more, or reads otherwise, whether it takes a value in this build. `optional` where the
 * build lies between those that were read. Images whose build is not known are of August 2026 (b10433) or newer: what went away with a
 * release since then, such as --mlock, they may still have.
 */
export function formerArgument(name: string, build?: number): 'boolean' | 'value' | 'optional' | undefined {
  const changed = data.changedKind as unknown as Readonly<Record<string, readonly [string, number, number]>>;
  if (build !== undefined && Object.hasOwn(changed, name)) {
    const [letter, last, first] = changed[name];
    return build <= last ? kindOf(letter) : build < first ? 'optional' : undefined;
  }
  const gone = data.gone as Readonly<Record<string, string>>;
  const span = Object.hasOwn(gone, name) ? buildSpan('arguments', name) : undefined;
  if (span === undefined) return undefined;
  const isGone =
    build === undefined
      ? span.last !== undefined
      : comesAfter(span, build) || (span.last !== undefined && build > span.last);
  return isGone ? undefined : kindOf(gone[name]);
}

function kindOf(letter: string): 'boolean' | 'value' {
  return letter === 'b' ? 'boolean' : 'value';
}

/** Former arguments that this build still has, or may have. */
export function formerArgumentNames(build?: number): readonly string[] {
  return Object.keys(data.gone).filter((name) => formerArgument(name, build) !== undefined);
}

/** What changed in llama.cpp without any name. */
export type LlamaCppChange = keyof typeof data.changes;

/** Has the container's llama.cpp made a change? The newest has; `undefined` where the build lies between those that tell. */
export function llamaCppHas(container: ResolvedContainer | undefined, change: LlamaCppChange): boolean | undefined {
  const build = llamaCppBuild(container);
  const [lastWithout, first] = data.changes[change];
  if (build === undefined || build >= first) return true;
  return build <= lastWithout ? false : undefined;
}

/** `llama.cpp b6122`; without a build `llama.cpp`. */
export function llamaCppName(container: ResolvedContainer | undefined): string {
  const build = llamaCppBuild(container);
  return build === undefined ? 'llama.cpp' : `llama.cpp b${build}`;
}
