import type { EnvironmentOptions } from './environment';
import { isSince } from './version';

const GIB_IN_MIB = 1024;

/** What a share of the memory depends on before 0.5.3. */
interface Asked {
  /** MiB of the card, as nvidia-smi has them. */
  readonly memory: number;
  readonly set: EnvironmentOptions;
  /** How the server guesses ahead; undefined where it does not. */
  readonly speculation?: string;
  /** Ranks that attend to sequences of their own; 0: all attend to all. */
  readonly apart: number;
}

/**
 * `mem_fraction_static` of 0.3.0 to 0.5.2: by the number of ranks at first, in 0.4.5.post3 and later also by the size of the card, and from
 * 0.4.7.post1 on what is left of the card beside a fixed reserve.
 * Source: sglang/srt/server_args.py, `ServerArgs.__post_init__`, of each of them.
 */
export function olderFraction(version: readonly number[] | undefined, asked: Asked): number {
  const { memory, set } = asked;
  if (isSince(version, 0, 4, 7, 1)) return rounded(1 - reservedMib(version, asked) / memory);
  const tensor = set.tensorParallelSize ?? 1;
  if (!isSince(version, 0, 4, 5, 3)) return byRanks(version, tensor);
  if (!isSince(version, 0, 4, 6, 2))
    return memory <= H100_MIB ? byRanks(version, tensor) : 1 - (13 * GIB_IN_MIB) / memory;
  const share = memory <= H100_MIB ? byRanks(version, tensor * (set.pipelineParallelSize ?? 1)) : 0.88;
  const guesses = isSince(version, 0, 4, 7) && asked.speculation !== undefined;
  if (isSince(version, 0, 4, 7) && memory > LARGEST_MIB) return 0.79;
  if (memory <= 96 * GIB_IN_MIB) return guesses ? share * 0.95 : share;
  return Math.min(share + (48 * GIB_IN_MIB * (1 - share)) / memory, 1 - ((guesses ? 20 : 18) * GIB_IN_MIB) / memory);
}

/** Tokens of a prefill chunk, by the size of the card from 0.3.5.post2 on. */
export function olderChunk(version: readonly number[] | undefined, memory: number): number {
  if (!isSince(version, 0, 3, 5, 2)) return 8192;
  const isLate = isSince(version, 0, 4, 7, 1);
  if (memory < (isLate ? 35 * GIB_IN_MIB : SMALL_MIB)) return 2048;
  const large = isLate ? 160 * GIB_IN_MIB : LARGEST_MIB;
  return isSince(version, 0, 4, 7) && memory >= large ? 16_384 : 8192;
}

const SMALL_MIB = 25_000;
const H100_MIB = 81_920;
const LARGEST_MIB = 180_000;

/** The share of what is on the card that ranks leave each other. */
function byRanks(version: readonly number[] | undefined, ranks: number): number {
  if (ranks >= 16) return 0.79;
  if (ranks >= 8) return isSince(version, 0, 4) ? 0.81 : isSince(version, 0, 3, 6) ? 0.82 : 0.83;
  return ranks >= 4 ? 0.85 : ranks >= 2 ? 0.87 : 0.88;
}

function reservedMib(version: readonly number[] | undefined, { memory, set, speculation, apart }: Asked): number {
  const ranks = (set.tensorParallelSize ?? 1) * (set.pipelineParallelSize ?? 1);
  let gib = 32;
  if (memory < 35 * GIB_IN_MIB) gib = 2.8 + ranks / 10;
  else if (memory < 90 * GIB_IN_MIB) gib = 9.5 + ranks / 2;
  else if (memory < 160 * GIB_IN_MIB) gib = 12 + ranks / 2;
  const isDraft = speculation === 'draft' || speculation === 'draft_model';
  if (speculation !== undefined) gib += isDraft && isSince(version, 0, 5, 2) ? 6 : 2;
  if (apart > 0) gib += 4;
  return gib * GIB_IN_MIB;
}

/** To three digits, as SGLang keeps it. */
function rounded(share: number): number {
  return Math.round(share * 1000) / 1000;
}
