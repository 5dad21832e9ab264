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

/** Each under the argument that its first condition looks at, or under the option. */
export const CONFLICTS: readonly Conflict[] = (data.conflicts as unknown as readonly Row[]).map(
  ([engine, since, before, all, what, allowed, fix]) => ({
    engine,
    versions: { since, before: before ?? undefined },
    all,
    what,
    allowed,
    fix,
  }),
);

/** Where the conditions come from, for `qe explain`. */
export const CONFLICTS_SOURCE =
  'each condition in the file that data/sources/argument-conflicts.json names: vllm/config, vllm/engine/arg_utils.py; sglang/srt/server_args.py, sglang/srt/arg_groups';
