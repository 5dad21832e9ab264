import data from '../data/sglang-limits.json';
import type { VersionRange } from './engine';

/** Values of `--moe-runner-backend` that a range of versions has no code of for experts stored so. */
export interface RefusedRunners extends VersionRange {
  readonly weights: string;
  readonly names: readonly string[];
}

export const REFUSED_RUNNERS: readonly RefusedRunners[] = data.refusedRunners;

/** Attention backends that a range of versions has beside gated delta nets, on GPUs of a range of compute capabilities × 10. */
export interface LinearAttention extends VersionRange {
  readonly least: number;
  readonly most: number;
  readonly backends: readonly string[];
}

export const LINEAR_ATTENTION: readonly LinearAttention[] = data.linearAttention;

/** Where the values come from, for `qe explain`. */
export const SGLANG_SOURCE = data.source;
