import type { Construct } from 'constructs';
import { check } from '../../lib/rules';
import type { Finding } from '../../lib/rules/types';
import type { EndpointOptions, EndpointSpec } from '../../lib/spec/types';
import type { InstanceType } from '../shared/instance-type';
import { known, withoutUndefined } from '../shared/known';
import { chooseCommonAmi, tryResolve } from './defaults';
import type { RealTimeEndpointProps } from './props';
import type { EndpointRecipe, PoolRecipe } from './recipe';
import { planServing, serve, type Serving, type ServingContext } from './serving';

/** One pool, planned. */
export interface Pool {
  readonly instanceType: InstanceType;
  readonly serving: Serving;
}

/** Every pool of an endpoint, the preferred one first, and what is wrong with them together. */
export interface Pools {
  readonly pools: readonly Pool[];
  readonly findings: readonly Finding[];
}

/**
 * Plans each pool for the same requests: callers do not know which instance answers, so that the longest context and
 * the batch are those that all pools hold. What the variant says once for all of its instances (driver, time-outs,
 * volume) is chosen so that it serves all of them.
 */
export function planPools(
  scope: Construct,
  props: RealTimeEndpointProps,
  recipe: EndpointRecipe,
  context: ServingContext,
): Pools {
  const own: PoolRecipe = { instanceType: props.instanceType, recipe };
  const recipes = [own, ...(recipe.fallbackPools ?? [])];
  const plan = (pool: PoolRecipe, limits: Limits = {}): Serving =>
    planServing(scope, { ...props, instanceType: pool.instanceType }, withLimits(pool.recipe, limits), context);
  if (recipes.length === 1) return { pools: [{ instanceType: own.instanceType, serving: plan(own) }], findings: [] };

  const first = recipes.map((pool) => plan(pool));
  const limits = commonLimits(first);
  const planned = recipes.map((pool, index) => (isWithin(first[index], limits) ? first[index] : plan(pool, limits)));
  const { servings, findings } = shareVariant(planned, props);
  return {
    pools: servings.map((serving, index) => ({ instanceType: recipes[index].instanceType, serving })),
    findings: [
      ...shapeFindings(recipes),
      ...findings,
      ...concurrencyFindings(servings),
      ...reservationFindings(props.capacityReservationArn),
    ],
  };
}

/** A finding about one pool, in words that say which. */
export function ofPool(finding: Finding, index: number, { instanceType }: Pool): Finding {
  if (index === 0) return finding;
  const name = known(instanceType.instanceTypeName) ?? 'known at deployment';
  return { ...finding, message: `instance pool ${index + 1} (${name}): ${finding.message}` };
}

interface Limits {
  readonly maxModelLen?: number;
  readonly maxConcurrency?: number;
}

function withLimits(recipe: EndpointRecipe, { maxModelLen, maxConcurrency }: Limits): EndpointRecipe {
  const batch = recipe.container.spec.family === 'llama-cpp' ? 'slots' : 'maxNumSeqs';
  const options = withoutUndefined({ maxModelLen, [batch]: maxConcurrency });
  return { ...recipe, options: { ...recipe.options, ...options } };
}

function commonLimits(servings: readonly Serving[]): Limits {
  const least = (values: readonly (number | undefined)[]): number | undefined => {
    const given = values.filter((value) => value !== undefined);
    return given.length === 0 ? undefined : Math.min(...given);
  };
  return {
    maxModelLen: least(servings.map(({ plan }) => plan.maxModelLen)),
    maxConcurrency: least(servings.map(({ plan }) => plan.maxConcurrency)),
  };
}

function isWithin({ plan }: Serving, { maxModelLen, maxConcurrency }: Limits): boolean {
  return plan.maxModelLen === maxModelLen && plan.maxConcurrency === maxConcurrency;
}

/** One driver, time-outs for the slowest, a volume where every type takes one. */
function shareVariant(servings: readonly Serving[], props: RealTimeEndpointProps) {
  const specs = servings.map(({ spec }) => spec);
  const asked = props.inferenceAmiVersion !== undefined;
  const { inferenceAmiVersion, conflict } = asked
    ? { inferenceAmiVersion: known(props.inferenceAmiVersion), conflict: false }
    : chooseCommonAmi(specs);
  const longest = (name: keyof EndpointOptions): number | undefined => {
    const values = specs.map(({ endpoint }) => endpoint?.[name]).filter((value) => typeof value === 'number');
    return values.length === 0 ? undefined : Math.max(...values);
  };
  const takesVolume = specs.every((spec) => tryResolve(spec)?.instance?.volumeSizeAllowed !== false);
  const shared: EndpointOptions = {
    inferenceAmiVersion,
    startupHealthCheckTimeoutSeconds: longest('startupHealthCheckTimeoutSeconds'),
    modelDataDownloadTimeoutSeconds: longest('modelDataDownloadTimeoutSeconds'),
    volumeSizeInGb: takesVolume ? longest('volumeSizeInGb') : undefined,
  };
  const withShared = (spec: EndpointSpec): EndpointSpec => ({
    ...spec,
    endpoint: withoutUndefined<EndpointOptions>({ ...spec.endpoint, ...shared }),
  });
  const findings: Finding[] = conflict ? [DRIVERS_CONFLICT] : [];
  return {
    servings: servings.map(({ recipe, spec, start }) => serve(recipe, withShared(spec), start)),
    findings,
  };
}

const DRIVERS_CONFLICT: Finding = {
  rule: 'POOL_DRIVERS_CONFLICT',
  severity: 'error',
  message: 'all instance pools of a variant run on one GPU driver, and no driver serves the container on every type',
  got: 'one container for all pools',
  allowed: 'types whose drivers the container’s CUDA version knows',
  fix: 'use another version of the container, or types of one generation',
  path: '/instancePools',
};

/** How many there are, and that each is of a type of its own: the rule for specs that name pools. */
function shapeFindings(recipes: readonly PoolRecipe[]): Finding[] {
  const instancePools = recipes
    .map(({ instanceType }, index) => ({ instanceType: known(instanceType.instanceTypeName), priority: index + 1 }))
    .filter(({ instanceType }) => instanceType !== undefined);
  const { findings } = check({ model: {}, instancePools });
  return findings.filter(({ rule }) => SHAPE_RULES.has(rule));
}

const SHAPE_RULES: ReadonlySet<string> = new Set(['INSTANCE_POOLS_INVALID', 'SPEC_OUT_OF_RANGE']);

/** Requests of full length that each pool must hold at once. */
function concurrencyFindings(servings: readonly Serving[]): Finding[] {
  return servings.flatMap(({ answer, plan, spec }, index): Finding[] => {
    const wanted = plan.maxConcurrency;
    const fitting = answer.maxConcurrency;
    if (wanted === undefined || fitting === null || Math.floor(fitting) >= wanted) return [];
    const room = Math.max(0, Math.floor(fitting));
    return [
      {
        rule: 'POOL_BELOW_CONCURRENCY',
        severity: 'error',
        message:
          `instance pool ${index + 1} (${spec.instanceType}) holds ${room} of ${wanted} requests of ${plan.maxModelLen} tokens at once: ` +
          'callers do not know which pool answers, so that each has to hold what is planned',
        got: `maxConcurrency ${wanted}`,
        allowed: `${room} or fewer on ${spec.instanceType}`,
        fix:
          room === 0
            ? 'give this pool a smaller quantization or a larger type'
            : `set maxConcurrency to ${room}, lower maxModelLen, or give this pool a smaller quantization or a larger type`,
        path: `/instancePools/${index}`,
      },
    ];
  });
}

function reservationFindings(capacityReservationArn: string | undefined): Finding[] {
  if (capacityReservationArn === undefined) return [];
  return [
    {
      rule: 'CAPACITY_RESERVATION_WITH_POOLS',
      severity: 'warning',
      message:
        'a capacity reservation holds instances of one type, and then no others are taken: whether SageMaker goes on to another pool was not verified',
      got: 'capacityReservationArn and fallbackPools',
      allowed: 'one of the two',
      fix: 'leave fallbackPools out',
      path: '/instancePools',
    },
  ];
}
