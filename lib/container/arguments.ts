import { compareVersions, parseVersion, type Version } from '../text/version';
import sglang from './data/sglang-arguments.json';
import variables from './data/variables.json';
import vllm from './data/vllm-arguments.json';
import { formerArgument, formerArgumentNames } from './llama-cpp-builds';

/**
 * What a server argument wants after its name. `switch`: nothing. `boolean`: nothing, and there is a `--no-` twin.
 * `value`, `json`: one token. `list`: one token or more. `optional`: one token or none.
 */
export type ArgumentKind = 'switch' | 'boolean' | 'value' | 'list' | 'json' | 'optional';

/** A server argument in some version. */
export interface ServerArgument {
  /** Without the leading dashes: `max-model-len`. */
  readonly name: string;
  readonly kind: ArgumentKind;
  /** Is it an argument of the server's command line? */
  readonly isServer: boolean;
  /** Is it a field of vLLM's `EngineArgs`, which LMI passes on? */
  readonly isEngine: boolean;
}

/** An argument that another version has. */
export interface OtherVersions {
  readonly since: string;
  /** Last version that had it; absent where the newest still has. */
  readonly until?: string;
}

const KINDS: Readonly<Record<string, ArgumentKind>> = {
  s: 'switch',
  b: 'boolean',
  v: 'value',
  l: 'list',
  j: 'json',
  o: 'optional',
};

/** `kinds|ranges of the server|ranges of the engine`, by name. */
type Rows = Readonly<Record<string, string>>;

const vllmRows: Rows = vllm.arguments;
const sglangRows: Rows = sglang.arguments;

/** The newest vLLM whose arguments are known. */
export const newestKnownVllm: string = vllm.newest;

/** An argument of vLLM in a version (without one the newest); `undefined` where that version does not have it. */
export function vllmArgument(name: string, version: Version | undefined): ServerArgument | undefined {
  return argumentAt(vllmRows, name, version ?? parseVersion(vllm.newest) ?? []);
}

/** When vLLM has an argument, for one that the version at hand has not. */
export function vllmArgumentVersions(name: string): OtherVersions | undefined {
  return versionsOf(vllmRows, name);
}

/** Names of every argument of a version. */
export function vllmArgumentNames(version: Version | undefined): readonly string[] {
  return Object.keys(vllmRows).filter((name) => vllmArgument(name, version) !== undefined);
}

const sglangReleases: readonly Version[] = sglang.versions.split(' ').map((version) => parseVersion(version) ?? []);
const newestSglang = sglangReleases[sglangReleases.length - 1];

/** Were the arguments of this very release of SGLang read? */
export function isReadSglang(version: Version): boolean {
  return sglangReleases.some((release) => compareVersions(release, version) === 0);
}

/** An argument of SGLang in a version (without one the newest); `undefined` where that version does not have it. */
export function sglangArgument(name: string, version: Version | undefined): ServerArgument | undefined {
  return argumentAt(sglangRows, name, version ?? newestSglang);
}

/** When SGLang has an argument, for one that the version at hand has not. */
export function sglangArgumentVersions(name: string): OtherVersions | undefined {
  return versionsOf(sglangRows, name);
}

const sglangNames = new Map<string, readonly string[]>();

/** Names of every argument of a version of SGLang. */
export function sglangArgumentNames(version: Version = newestSglang): readonly string[] {
  const key = version.join('.');
  let names = sglangNames.get(key);
  if (names === undefined) {
    names = Object.keys(sglangRows).filter((name) => sglangArgument(name, version) !== undefined);
    // A hostile list of versions must not fill the memory.
    if (sglangNames.size < sglangReleases.length) sglangNames.set(key, names);
  }
  return names;
}

function argumentAt(rows: Rows, name: string, at: Version): ServerArgument | undefined {
  if (!Object.hasOwn(rows, name)) return undefined;
  const [kinds, server, engine = server] = rows[name].split('|');
  const [isServer, isEngine] = [covers(server, at), covers(engine, at)];
  if (!isServer && !isEngine) return undefined;
  return { name, kind: kindAt(kinds, at), isServer, isEngine };
}

function versionsOf(rows: Rows, name: string): OtherVersions | undefined {
  if (!Object.hasOwn(rows, name)) return undefined;
  const [, server, engine = server] = rows[name].split('|');
  const ranges = (server || engine).split(' ');
  const [since] = ranges[0].split('..');
  const until = ranges[ranges.length - 1].split('..')[1];
  return until === undefined ? { since } : { since, until };
}

/** An argument of llama-server, of the one version that was read, or one that this build still had, or may have. */
export function llamaCppArgument(name: string, build?: number): ServerArgument | undefined {
  const letters = variables.llamaCpp.arguments as Readonly<Record<string, string>>;
  const kind = formerArgument(name, build) ?? (Object.hasOwn(letters, name) ? KINDS[letters[name]] : undefined);
  return kind && { name, kind, isServer: true, isEngine: false };
}

/** The only values that llama-server takes for an argument; `undefined` where it takes others than words. */
export function llamaCppWords(name: string): readonly string[] | undefined {
  const words = variables.llamaCpp.words as Readonly<Record<string, readonly string[]>>;
  return Object.hasOwn(words, name) ? words[name] : undefined;
}

/** Names of the chat templates that llama-server has itself, for where Jinja is off. */
export const llamaCppTemplates: readonly string[] = variables.llamaCpp.templates;

/** What llama-server says to take instead of an argument that it no longer has, and stops at. */
export function llamaCppRemoved(name: string): string | undefined {
  const removed = variables.llamaCpp.removed as Readonly<Record<string, string>>;
  return Object.hasOwn(removed, name) ? removed[name] : undefined;
}

export function llamaCppArgumentNames(build?: number): readonly string[] {
  const names = Object.keys(variables.llamaCpp.arguments);
  return [...names, ...formerArgumentNames(build)];
}

/** `0.4.0..0.16.0 0.20.1`: is the version in one of the ranges? The end is the last version that was seen to have it. */
function covers(ranges: string, version: Version): boolean {
  if (ranges === '') return false;
  return ranges.split(' ').some((range) => {
    const [since, until] = range.split('..');
    return (
      notAfter(since, version) && (until === undefined || compareVersions(version, parseVersion(until) ?? []) <= 0)
    );
  });
}

function kindAt(kinds: string, version: Version): ArgumentKind {
  const passed = kinds.split(' ').filter((entry) => notAfter(entry.slice(1), version));
  return KINDS[(passed[passed.length - 1] ?? kinds)[0]];
}

function notAfter(since: string, version: Version): boolean {
  return compareVersions(parseVersion(since) ?? [], version) <= 0;
}
