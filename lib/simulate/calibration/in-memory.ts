import type { CalibratedGroup } from '../quality/calibrate';
import type { Calibration } from './calibration';

/** Calibration that was just made and is not written anywhere. */
export function calibrationOf(
  location: string,
  groups: readonly CalibratedGroup[],
  sequences: number,
  modelDigest?: string,
): Calibration {
  const reached = groups.filter(({ statistics }) => statistics.tokens > 0);
  const byWeight = new Map(reached.flatMap(({ weights, statistics }) => weights.map((name) => [name, statistics])));
  return {
    location,
    tokens: groups[0]?.statistics.tokens ?? 0,
    sequences,
    modelDigest,
    groups: reached.map(({ weights }) => weights),
    unreached: groups.filter(({ statistics }) => statistics.tokens === 0).map(({ weights }) => weights),
    read: async (weight) => byWeight.get(weight),
  };
}
