import { Token, type TimeZone } from 'aws-cdk-lib';
import type { ScalableTarget, Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Finding } from '../../lib/rules/types';
import { known } from '../shared/known';

/**
 * At a time of the day or week, between which bounds the capacity lies from then on: instances of an endpoint, copies of
 * a model in a fleet. Both bounds 0 is "off", whatever is asked; a minimum above 0 is "on before anybody asks".
 */
export interface ScalingSchedule {
  /** When, such as `Schedule.cron({ weekDay: 'MON-FRI', hour: '7', minute: '30' })`. */
  readonly schedule: Schedule;

  /**
   * Fewest from then on.
   *
   * @default - as it is
   */
  readonly minCapacity?: number;

  /**
   * Most from then on.
   *
   * @default - as it is
   */
  readonly maxCapacity?: number;

  /**
   * Time zone in which `schedule` is meant, daylight saving included.
   *
   * @default TimeZone.ETC_UTC
   */
  readonly timeZone?: TimeZone;
}

/** @param factor capacity of the target for each unit of the schedules */
export function applySchedules(target: ScalableTarget, schedules: readonly ScalingSchedule[], factor = 1): void {
  schedules.forEach(({ schedule, minCapacity, maxCapacity, timeZone }, index) => {
    // Without either it is a finding, and CDK's own error would hide all others.
    if (minCapacity === undefined && maxCapacity === undefined) return;
    target.scaleOnSchedule(`Schedule${index + 1}`, {
      schedule,
      ...(minCapacity === undefined ? {} : { minCapacity: times(minCapacity, factor) }),
      ...(maxCapacity === undefined ? {} : { maxCapacity: times(maxCapacity, factor) }),
      ...(timeZone === undefined ? {} : { timeZone }),
    });
  });
}

/** What the target of schedules may do at all. */
export interface ScheduleLimits {
  /** Most that its own `max…` prop allows; undefined where only deployment knows. */
  readonly most?: number;
  /** Without it, 0 is no capacity that the target can have. */
  readonly takesZero: boolean;
  /** Of what the capacity is a number: `instances`. */
  readonly unit: string;
}

export function scheduleFindings(
  schedules: readonly ScalingSchedule[] = [],
  { most, takesZero, unit }: ScheduleLimits,
): Finding[] {
  return schedules.flatMap((schedule, index): Finding[] => {
    const min = known(schedule.minCapacity);
    const max = known(schedule.maxCapacity);
    const where = `schedule ${index + 1}`;
    const got = `minCapacity ${min ?? 'as it is'}, maxCapacity ${max ?? 'as it is'}`;
    const findings: Finding[] = [];
    const report = (rule: string, message: string, allowed: string, fix: string): void => {
      findings.push({ rule, severity: 'error', message, got, allowed, fix, path: '/endpoint' });
    };
    if (schedule.minCapacity === undefined && schedule.maxCapacity === undefined)
      report(
        'SCHEDULE_WITHOUT_CAPACITY',
        `${where} changes nothing: it says neither the fewest nor the most ${unit}`,
        'minCapacity, maxCapacity or both',
        'say what is to change',
      );
    const wrong = [min, max].filter((value) => value !== undefined && !(Number.isInteger(value) && value >= 0));
    if (wrong.length > 0 || (min !== undefined && max !== undefined && min > max))
      report(
        'SCHEDULE_CAPACITY_OUT_OF_RANGE',
        `${where} does not say a range of whole ${unit}`,
        'whole numbers from 0 on, minCapacity not above maxCapacity',
        min !== undefined && max !== undefined && min > max ? 'exchange the two' : 'give whole numbers',
      );
    if (!takesZero && (min === 0 || max === 0))
      report(
        'SCHEDULE_TO_ZERO_NOT_POSSIBLE',
        `${where} takes the last of the ${unit} away, and what it scales cannot have none`,
        '1 or more',
        `let it scale to zero (a minimum of 0 ${unit}), or keep 1 at night`,
      );
    if (most !== undefined && ((max ?? 0) > most || (min ?? 0) > most))
      report(
        'SCHEDULE_ABOVE_MAXIMUM',
        `${where} asks for more ${unit} than were planned and paid for`,
        `${most} or fewer`,
        `raise the maximum to ${Math.max(max ?? 0, min ?? 0)}, or keep the schedule below it`,
      );
    return findings;
  });
}

/** A number that only deployment knows cannot be multiplied: it then stands for the copies themselves. */
export function times(value: number, factor: number): number {
  return Token.isUnresolved(value) ? value : value * factor;
}
