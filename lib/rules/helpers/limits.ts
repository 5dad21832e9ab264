import { limitOf, type LimitName } from '../../container';
import type { RuleFinding } from '../types';
import { count, found } from './finding';

export interface LimitCheck {
  readonly limit: LimitName;
  /** The field in the user's words: `the start-up health check timeout`. */
  readonly what: string;
  readonly value: number | undefined;
  readonly unit: string;
  readonly path: string;
}

/** A finding where a value is outside what the SageMaker API takes; the fix is the nearest value inside. */
export function outsideLimit({ limit, what, value, unit, path }: LimitCheck): readonly RuleFinding[] {
  if (value === undefined) return [];
  const [least, most] = limitOf(limit);
  if (value >= least && value <= most) return [];
  const nearest = value < least ? least : most;
  return [
    found({
      what: `${what} must be ${count(least)} to ${count(most)} ${unit}`,
      got: `${value}`,
      allowed: `${least} to ${most}`,
      fix: `use ${nearest}`,
      path,
    }),
  ];
}
