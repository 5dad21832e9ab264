import type { Calibration } from './calibration';

/** Experts that no token of the calibration text passed, by the names of their modules. */
export function unreachedExperts({ unreached = [] }: Pick<Calibration, 'unreached'>): readonly string[] {
  return [...new Set(unreached.map(([weight]) => weight.replace(/\.[^.]+\.weight$/, '')))];
}

/**
 * Says so, and what it comes to; undefined where every expert was passed.
 *
 * @param consequence what was done with them, e.g. `awq quantized them on weights alone`
 */
export function unreachedNote(
  calibration: Pick<Calibration, 'unreached'> | undefined,
  consequence: string,
): string | undefined {
  const experts = calibration === undefined ? [] : unreachedExperts(calibration);
  if (experts.length === 0) return undefined;
  const [first] = experts;
  const more = experts.length > 1 ? ` and ${experts.length - 1} more experts` : '';
  return `No token of the calibration text passed ${first}${more}: ${consequence}. A longer or more varied text may.`;
}
