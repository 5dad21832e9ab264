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

/** Average hours of a month. */
const MONTH_HOURS = 730;

/** Instances that run when nothing scales. */
function instances({ spec }: RuleContext): number {
  return Math.max(spec.endpoint?.initialInstanceCount ?? 1, spec.endpoint?.minInstanceCount ?? 0, 1);
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
    const perHour = hourly * instances(context);
    const byHour = maxUsdPerHour !== undefined && perHour > maxUsdPerHour;
    const byMonth = maxUsdPerMonth !== undefined && perHour * MONTH_HOURS > maxUsdPerMonth;
    if (!byHour && !byMonth) return [];
    const fit = cheapestFit(context);
    return [
      found({
        what: `the endpoint costs more than its budget, at the prices of ${plan.cost.priceDate}`,
        got: byHour ? `$${perHour.toFixed(2)} an hour` : `$${(perHour * MONTH_HOURS).toFixed(0)} a month`,
        allowed: byHour ? `$${maxUsdPerHour} an hour` : `$${maxUsdPerMonth} a month`,
        fix:
          fit === undefined || fit.instance.instanceType === instance.instanceType
            ? 'raise the budget, or quantize to fewer bits'
            : `use ${fit.instance.instanceType}, the cheapest on which it fits, or raise the budget`,
        path: byHour ? '/workload/maxUsdPerHour' : '/workload/maxUsdPerMonth',
      }),
    ];
  },
};
