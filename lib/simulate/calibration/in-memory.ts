import type { CalibratedGroup } from '../quality/calibrate';
import type { Calibration } from './calibration';

/** Calibration that was just made and is not written anywhere. */
export function calibrationOf(
  location: string,
  groups: readonly CalibratedGroup[],
  sequences: number,
  modelDigest?: string,
): Calibration {
  const byWeight = new Map(groups.flatMap(({ weights, statistics }) => weights.map((name) => [name, statistics])));
  return {
    location,
    tokens: groups[0]?.statistics.tokens ?? 0,
    sequences,
    modelDigest,
    groups: groups.map(({ weights }) => weights),
    read: async (weight) => byWeight.get(weight),
  };
}
