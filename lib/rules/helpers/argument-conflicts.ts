import data from '../data/argument-conflicts.json';
import type { VersionRange } from './engine';

/** What a condition looks at besides the argument itself: a number, words, or what another argument says. */
export type Against =
  number | string | readonly string[] | { readonly of: string; readonly default?: number } | undefined;

/** `[what it looks at, how, against what]`; what is looked at is `argument`, `argument|alias`, `argument:field of its JSON` or `@option`. */
export type Condition = readonly [operand: string, test: string, against?: Against];

/** Conditions that a server refuses where all of them hold. */
export interface Conflict {
  readonly engine: string;
  readonly versions: VersionRange;
  readonly all: readonly Condition[];
  readonly what: string;
  readonly allowed: string;
  /** `{argument}` stands for the variable that sets it. */
  readonly fix: string;
}

type Row = readonly [string, string, string | null, readonly Condition[], string, string, string];

const CONFLICTS: readonly Conflict[] = (data.conflicts as unknown as readonly Row[]).map(
  ([engine, since, before, all, what, allowed, fix]) => ({
    engine,
    versions: { since, before: before ?? undefined },
    all,
    what,
    allowed,
    fix,
  }),
);

/** Conflicts of an engine whose first condition looks at an option, which is always there to be looked at. */
export function conflictsOfOptions(engine: string): readonly Conflict[] {
  return BY_OPTION.get(engine) ?? NONE;
}

/** Conflicts of an engine whose first condition looks at an argument, which most endpoints do not set. */
export function conflictsOfArgument(engine: string, argument: string): readonly Conflict[] {
  return BY_ARGUMENT.get(engine)?.get(argument) ?? NONE;
}

const NONE: readonly Conflict[] = [];
const BY_OPTION = new Map<string, Conflict[]>();
const BY_ARGUMENT = new Map<string, Map<string, Conflict[]>>();

for (const conflict of CONFLICTS) {
  const [[operand]] = conflict.all;
  const own = BY_ARGUMENT.get(conflict.engine) ?? new Map<string, Conflict[]>();
  BY_ARGUMENT.set(conflict.engine, own);
  if (operand.startsWith('@')) put(BY_OPTION, conflict.engine, conflict);
  else for (const argument of operand.split(':', 1)[0].split('|')) put(own, argument, conflict);
}

function put(map: Map<string, Conflict[]>, key: string, conflict: Conflict): void {
  map.set(key, [...(map.get(key) ?? []), conflict]);
}

/** Where the conditions come from, for `qe explain`. */
export const CONFLICTS_SOURCE =
  'each condition in the file that data/sources/argument-conflicts.json names: vllm/config, vllm/engine/arg_utils.py; sglang/srt/server_args.py, sglang/srt/arg_groups';
