import type { Instance } from '../../hardware/types';
import { HOURS_PER_MONTH, instancesAlwaysRunning } from '../../plan';
import { found } from '../helpers/finding';
import { cheapestFitOf } from '../helpers/fit';
import { knownPrice } from '../helpers/instances';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (workload: object) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm' },
  instanceType: 'ml.g5.12xlarge',
  region: 'us-east-1',
  options: { maxModelLen: 4096, tensorParallelSize: 4 },
  workload,
});

/** The cheapest instance on which it fits, where that is within the budget; else what the budget would have to be for it. */
function cheaper(context: RuleContext, mostPerHour: number): string {
  const { instance, spec } = context;
  const costOf = (other: Instance) => (knownPrice(other, spec.region) ?? Infinity) * instancesAlwaysRunning(spec);
  const within = cheapestFitOf(context, (other) => costOf(other) <= mostPerHour);
  if (within !== undefined) return `use ${within.instanceType}, the cheapest on which it fits, or raise the budget`;
  const least = cheapestFitOf(context, (other) => costOf(other) < Infinity);
  return least === undefined || least.instanceType === instance?.instanceType
    ? 'raise the budget, or quantize to fewer bits'
    : `raise the budget to $${Math.ceil(costOf(least) * HOURS_PER_MONTH)} a month, for the cheapest on which it fits, such as ${least.instanceType}, or quantize to fewer bits`;
}

/** A budget that nobody can hold the endpoint to is no budget. */
function notHeld({ instance, spec }: RuleContext, limit: 'maxUsdPerHour' | 'maxUsdPerMonth'): RuleFinding {
  const { region } = spec;
  return found({
    what:
      region === undefined
        ? 'whether the endpoint keeps to its budget cannot be told: prices are those of a region'
        : `whether the endpoint keeps to its budget cannot be told: no price of ${instance?.instanceType} in ${region} is known`,
    got: region === undefined ? 'no region' : `${limit} without a price`,
    allowed: 'an instance and a region with a known price',
    fix: region === undefined ? 'name the region, such as us-east-1' : `fetch prices with qe prices --region ${region}`,
    path: `/workload/${limit}`,
    severity: 'warning',
  });
}

export const budgetExceeded: Rule = {
  id: 'BUDGET_EXCEEDED',
  severity: 'error',
  summary: 'the instances that always run cost no more than the budget',
  explanation:
    'An endpoint costs its instances for every hour that it exists, used or not. The limit of the workload is held against the on-demand price of the instances that always run, 730 hours a month; scaling out costs more. Where no price is known this cannot be told, which is a warning.',
  source: 'SageMaker pricing, real-time inference; the price’s own date and source are in the plan',
  examples: {
    passes: [example({ maxUsdPerHour: 20 }), { ...example({}), region: 'eu-west-3' }],
    fails: [
      example({ maxUsdPerHour: 2 }),
      example({ maxUsdPerMonth: 100 }),
      { ...example({ maxUsdPerMonth: 100 }), region: 'eu-west-3' },
    ],
  },
  evaluate(context) {
    const { instance, plan, spec } = context;
    const hourly = plan.cost.usdPerHour;
    const { maxUsdPerHour, maxUsdPerMonth } = spec.workload ?? {};
    if (instance === undefined || (maxUsdPerHour === undefined && maxUsdPerMonth === undefined)) return [];
    if (hourly === null) return [notHeld(context, maxUsdPerHour === undefined ? 'maxUsdPerMonth' : 'maxUsdPerHour')];
    const perHour = hourly * instancesAlwaysRunning(spec);
    const byHour = maxUsdPerHour !== undefined && perHour > maxUsdPerHour;
    const byMonth = maxUsdPerMonth !== undefined && perHour * HOURS_PER_MONTH > maxUsdPerMonth;
    if (!byHour && !byMonth) return [];
    return [
      found({
        what: `the endpoint costs more than its budget, at the prices of ${plan.cost.priceDate}`,
        got: byHour ? `$${perHour.toFixed(2)} an hour` : `$${(perHour * HOURS_PER_MONTH).toFixed(0)} a month`,
        allowed: byHour ? `$${maxUsdPerHour} an hour` : `$${maxUsdPerMonth} a month`,
        fix: cheaper(context, byHour ? (maxUsdPerHour as number) : (maxUsdPerMonth as number) / HOURS_PER_MONTH),
        path: byHour ? '/workload/maxUsdPerHour' : '/workload/maxUsdPerMonth',
      }),
    ];
  },
};
