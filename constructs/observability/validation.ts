import type { Expectations } from '../../lib/observe';
import type { Finding } from '../../lib/rules/types';
import { known } from '../shared/known';
import type { EndpointObservabilityProps } from './props';

/** What cannot be watched, or would be for nothing. */
export function observabilityFindings(
  props: EndpointObservabilityProps,
  expected: Expectations,
  isPlanned: boolean,
): Finding[] {
  return [
    ...actionFindings(props),
    ...planFindings(props, isPlanned),
    ...marginFindings(props),
    ...costFindings(props, expected),
  ];
}

function actionFindings({ alarmActions = [] }: EndpointObservabilityProps): Finding[] {
  if (alarmActions.length > 0) return [];
  return [
    {
      rule: 'ALARMS_WITHOUT_ACTION',
      severity: 'warning',
      message: 'alarms that nobody hears are none: without alarmActions only the dashboard is defined',
      got: 'no alarmActions',
      allowed: 'at least one action',
      fix: 'give alarmActions, such as new SnsAction(topic)',
    },
  ];
}

function planFindings(props: EndpointObservabilityProps, isPlanned: boolean): Finding[] {
  if (isPlanned || (props.maxTimeToFirstToken !== undefined && props.maxInterTokenTime !== undefined)) return [];
  return [
    {
      rule: 'NOTHING_PLANNED_TO_WATCH',
      severity: 'warning',
      message: 'nothing is planned for this endpoint, so that there is no alarm on its speed, queue and memory',
      got: 'an endpoint without a plan',
      allowed: 'an endpoint of this app whose model is known, or limits',
      fix: 'give maxTimeToFirstToken and maxInterTokenTime',
    },
  ];
}

function marginFindings(props: EndpointObservabilityProps): Finding[] {
  const margin = known(props.latencyMargin);
  if (margin === undefined || margin >= 1) return [];
  return [
    {
      rule: 'LATENCY_MARGIN_OUT_OF_RANGE',
      severity: 'error',
      message:
        'latencyMargin says how many times the planned time is too long; below 1, the alarm goes off when all is as planned',
      got: String(margin),
      allowed: 'a number from 1',
      fix: 'leave it out for 3',
    },
  ];
}

function costFindings(props: EndpointObservabilityProps, expected: Expectations): Finding[] {
  const limit = known(props.maxHourlyCost);
  if (limit === undefined) return [];
  const { usdPerHour, minInstanceCount, maxInstanceCount } = expected;
  if (usdPerHour === undefined)
    return [
      {
        rule: 'HOURLY_COST_UNKNOWN',
        severity: 'warning',
        message: 'no price of this endpoint is known, so that there is no alarm on its cost',
        got: `maxHourlyCost ${limit}`,
        allowed: 'an endpoint of this app, in a region with known prices',
        fix: 'run `qe prices`, or leave maxHourlyCost out',
      },
    ];
  const least = usdPerHour * minInstanceCount;
  const most = usdPerHour * maxInstanceCount;
  if (limit < least)
    return [
      {
        rule: 'HOURLY_COST_EXCEEDED',
        severity: 'error',
        message: `the endpoint costs more than maxHourlyCost with its fewest instances: ${minInstanceCount} at $${usdPerHour}`,
        got: `$${least}`,
        allowed: `$${limit}`,
        fix: 'raise maxHourlyCost, or take a cheaper instance type',
      },
    ];
  if (limit < most) return [];
  return [
    {
      rule: 'HOURLY_COST_NEVER_REACHED',
      severity: 'warning',
      message: `the endpoint can never cost maxHourlyCost: ${maxInstanceCount} instances are the most it has`,
      got: `$${limit}`,
      allowed: `less than $${most}`,
      fix: 'leave maxHourlyCost out; maxMonthlyCost of the endpoint holds the limit at synth',
    },
  ];
}
