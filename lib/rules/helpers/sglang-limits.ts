import data from '../data/sglang-limits.json';
import type { VersionRange } from './engine';

const range = (since: string, before: string | null): VersionRange => ({ since, before: before ?? undefined });

/** Values of `--moe-runner-backend` that a range of versions has no code of for experts stored so. */
export interface RefusedRunners {
  readonly weights: string;
  readonly names: readonly string[];
  readonly versions: VersionRange;
}

export const REFUSED_RUNNERS: readonly RefusedRunners[] = (
  data.refusedRunners as unknown as readonly (readonly [string, readonly string[], string, string | null])[]
).map(([weights, names, since, before]) => ({ weights, names, versions: range(since, before) }));

/** Attention backends that a range of versions has beside gated delta nets, on GPUs of a range of compute capabilities × 10. */
export interface LinearAttention {
  readonly least: number;
  readonly most: number;
  readonly versions: VersionRange;
  readonly backends: readonly string[];
}

export const LINEAR_ATTENTION: readonly LinearAttention[] = (
  data.linearAttention as unknown as readonly (readonly [number, number, string, string | null, readonly string[]])[]
).map(([least, most, since, before, backends]) => ({ least, most, versions: range(since, before), backends }));

/** Where the values come from, for `qe explain`. */
export const SGLANG_SOURCE = data.source;
