import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (initialInstanceCount: number, minInstanceCount: number) => ({
  model: { config: LLAMA_8B },
  endpoint: { initialInstanceCount, minInstanceCount },
});

export const initialCountBelowMinimum: Rule = {
  id: 'INITIAL_COUNT_BELOW_MINIMUM',
  severity: 'warning',
  summary: 'the endpoint begins with its smallest number of instances',
  explanation:
    'An endpoint that begins with fewer instances than its scaling minimum is created twice as slowly: it is ready with the initial count, and is then scaled out at once.',
  source: 'application-autoscaling RegisterScalableTarget: a target below MinCapacity is scaled out',
  examples: { passes: [example(2, 2), example(3, 1)], fails: [example(1, 2)] },
  evaluate({ spec }) {
    const { initialInstanceCount: initial, minInstanceCount: min } = spec.endpoint ?? {};
    if (initial === undefined || min === undefined || initial === 0 || initial >= min) return [];
    return [
      found({
        what: 'the endpoint begins below its smallest number of instances and is scaled out as soon as it is ready',
        got: `initialInstanceCount ${initial}, minInstanceCount ${min}`,
        fix: `set initialInstanceCount to ${min}`,
        path: '/endpoint/initialInstanceCount',
      }),
    ];
  },
};
