import { findPrice } from '../../hardware';
import { currentPrices, HOURS_PER_MONTH, instancesAlwaysRunning } from '../../plan';
import { found } from '../helpers/finding';
import { cheapestFit } from '../helpers/fit';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

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
  const fit = cheapestFit(context)?.instance;
  if (fit === undefined || fit.instanceType === instance?.instanceType)
    return 'raise the budget, or quantize to fewer bits';
  const price = spec.region === undefined ? undefined : findPrice(fit.instanceType, spec.region, currentPrices());
  if (price === undefined)
    return `use ${fit.instanceType}, likely the cheapest on which it fits, whose price qe prices fetches, or raise the budget`;
  const perHour = price.usdPerHour * instancesAlwaysRunning(spec);
  return perHour <= mostPerHour
    ? `use ${fit.instanceType}, the cheapest on which it fits, or raise the budget`
    : `raise the budget, to $${Math.ceil(perHour * HOURS_PER_MONTH)} a month for ${fit.instanceType}, the cheapest on which it fits, or quantize to fewer bits`;
}

export const budgetExceeded: Rule = {
  id: 'BUDGET_EXCEEDED',
  severity: 'error',
  summary: 'the instances that always run cost no more than the budget',
  explanation:
    'An endpoint costs its instances for every hour that it exists, used or not. The limit of the workload is held against the on-demand price of the instances that always run, 730 hours a month; scaling out costs more.',
  source: 'SageMaker pricing, real-time inference; the price’s own date and source are in the plan',
  examples: {
    passes: [example({ maxUsdPerHour: 20 })],
    fails: [example({ maxUsdPerHour: 1 }), example({ maxUsdPerMonth: 100 })],
  },
  evaluate(context) {
    const { instance, plan, spec } = context;
    const hourly = plan.cost.usdPerHour;
    const { maxUsdPerHour, maxUsdPerMonth } = spec.workload ?? {};
    if (instance === undefined || hourly === null || (maxUsdPerHour === undefined && maxUsdPerMonth === undefined))
      return [];
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
