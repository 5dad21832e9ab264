import { planAnswer } from '../rules';
import { resolveEndpoint } from '../endpoint/resolve';
import type { EffectiveOptions } from '../endpoint/types';
import type { Plan } from '../plan/types';
import type { EndpointSpec } from '../spec/types';
import { changedVariables } from './resources';
import type { Change, EndpointFacts } from './types';

/** What is served otherwise: model, machine, image, variables; and, where both specs are known, what the plan makes of it. */
export function servingChanges(before: EndpointFacts, after: EndpointFacts): Change[] {
  return [
    ...differing('INSTANCE_TYPE', 'instance type', before.instanceType, after.instanceType),
    ...(before.source === after.source
      ? [
          ...differing('IMAGE', 'image', before.image, after.image),
          ...differing('WEIGHTS', 'weights', before.weights, after.weights),
        ]
      : []),
    ...variables(before, after),
    ...(before.spec === undefined || after.spec === undefined ? [] : planned(before.spec, after.spec)),
  ];
}

function differing(id: string, what: string, before: string | undefined, after: string | undefined): Change[] {
  if (before === after) return [];
  return [{ id, severity: 'info', message: what, before: before ?? 'none', after: after ?? 'none' }];
}

/** Variables whose values must not be shown. */
const SECRET = /TOKEN|SECRET|PASSWORD|KEY$/;

function variables(before: EndpointFacts, after: EndpointFacts): Change[] {
  return changedVariables(before, after).map((name) => {
    const [was, is] = [before.environment?.[name], after.environment?.[name]];
    const shown = (value: string | undefined, secret: string) =>
      value === undefined ? 'not set' : SECRET.test(name) ? secret : value;
    return {
      id: 'VARIABLE',
      severity: 'info',
      message: `variable ${name}`,
      before: shown(was, 'a secret'),
      after: shown(is, was === undefined ? 'a secret' : 'another'),
    };
  });
}

function planned(before: EndpointSpec, after: EndpointSpec): Change[] {
  const plans: readonly [Plan, Plan] = [planAnswer(before), planAnswer(after)];
  const options = [optionsOf(before), optionsOf(after)] as const;
  const figure = (id: string, what: string, unit: string, of: (plan: Plan) => number | null): Change[] => {
    const [was, is] = plans.map(of);
    if (was === is || was === null || is === null) return [];
    return [
      {
        id,
        severity: 'info',
        message: what,
        before: `${round(was)}${unit}`,
        after: `${round(is)}${unit}${share(was, is)}`,
      },
    ];
  };
  return [
    ...context(options[0]?.maxModelLen, options[1]?.maxModelLen),
    ...differing('QUANTIZATION', 'quantization', schemeOf(before), schemeOf(after)).map((change): Change => ({
      ...change,
      severity: 'notice',
      fix: '`qe simulate` says what it loses; QualityGate holds it',
    })),
    ...figure('CONCURRENCY', 'sequences of full length that fit', '', ({ maxConcurrency }) => maxConcurrency),
    ...figure('KV_CACHE', 'tokens in the KV cache', '', ({ kvCacheTokens }) => kvCacheTokens),
    ...figure('WEIGHT_MEMORY', 'weights on each accelerator', ' GiB', ({ memory }) => gibibytes(memory.weights)),
    ...figure('FIRST_TOKEN', 'time to first token', ' ms', ({ estimate }) => estimate.timeToFirstTokenMs),
    ...figure('INTER_TOKEN', 'time between tokens', ' ms', ({ estimate }) => estimate.interTokenMs),
    ...figure('COST', 'USD an hour and instance', '', ({ cost }) => cost.usdPerHour),
  ];
}

function context(before: number | undefined, after: number | undefined): Change[] {
  if (before === after || before === undefined || after === undefined) return [];
  const tokens = (value: number) => `${value.toLocaleString('en-US')} tokens`;
  return after < before
    ? [
        {
          id: 'CONTEXT_SHORTER',
          severity: 'notice',
          message: 'requests longer than the new context are refused, which were answered before',
          before: tokens(before),
          after: tokens(after),
        },
      ]
    : [{ id: 'CONTEXT_LONGER', severity: 'info', message: 'context', before: tokens(before), after: tokens(after) }];
}

function optionsOf(spec: EndpointSpec): EffectiveOptions | undefined {
  try {
    return resolveEndpoint(spec).options;
  } catch {
    return undefined;
  }
}

function schemeOf(spec: EndpointSpec): string | undefined {
  try {
    return resolveEndpoint(spec).scheme.name;
  } catch {
    return spec.quantization;
  }
}

function gibibytes(bytes: number | null): number | null {
  return bytes === null ? null : bytes / 2 ** 30;
}

function round(value: number): string {
  return value >= 1_000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}

function share(before: number, after: number): string {
  if (before === 0) return '';
  const percent = ((after - before) / before) * 100;
  return Math.abs(percent) < 0.5 ? '' : ` (${percent > 0 ? '+' : ''}${percent.toFixed(0)} %)`;
}
