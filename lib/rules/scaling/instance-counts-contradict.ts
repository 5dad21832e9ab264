import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleFinding } from '../types';

const example = (endpoint: object) => ({ model: { config: LLAMA_8B }, endpoint });

export const instanceCountsContradict: Rule = {
  id: 'INSTANCE_COUNTS_CONTRADICT',
  severity: 'error',
  summary: 'the instance counts are possible together',
  explanation:
    'InitialInstanceCount and MaxInstanceCount are at least 1, a minimum is not above its maximum, and a scalable target refuses to be registered with an initial count outside of the two.',
  source:
    'botocore sagemaker/2017-07-24, InitialTaskCount, ManagedInstanceScalingMaxInstanceCount; application-autoscaling RegisterScalableTarget',
  examples: {
    passes: [
      example({ initialInstanceCount: 1, minInstanceCount: 1, maxInstanceCount: 4 }),
      example({ initialInstanceCount: 1, minInstanceCount: 0, maxInstanceCount: 2, inferenceComponents: true }),
    ],
    fails: [
      example({ initialInstanceCount: 0 }),
      example({ maxInstanceCount: 0 }),
      example({ minInstanceCount: 3, maxInstanceCount: 2 }),
      example({ initialInstanceCount: 5, maxInstanceCount: 4 }),
    ],
  },
  evaluate({ spec }) {
    const { initialInstanceCount: initial, minInstanceCount: min, maxInstanceCount: max } = spec.endpoint ?? {};
    const findings: RuleFinding[] = [];
    if (initial === 0)
      findings.push(
        found({
          what: 'an endpoint is created with at least one instance',
          got: 'initialInstanceCount 0',
          allowed: '1 or more',
          fix: 'set initialInstanceCount to 1',
          path: '/endpoint/initialInstanceCount',
        }),
      );
    if (max === 0)
      findings.push(
        found({
          what: 'the largest number of instances is at least one',
          got: 'maxInstanceCount 0',
          allowed: '1 or more',
          fix: 'set maxInstanceCount to 1 or more',
          path: '/endpoint/maxInstanceCount',
        }),
      );
    if (min !== undefined && max !== undefined && max > 0 && min > max)
      findings.push(
        found({
          what: 'the smallest number of instances is above the largest',
          got: `minInstanceCount ${min}, maxInstanceCount ${max}`,
          fix: `set minInstanceCount to ${max} or less`,
          path: '/endpoint/minInstanceCount',
        }),
      );
    if (initial !== undefined && max !== undefined && max > 0 && initial > max)
      findings.push(
        found({
          what: 'the initial number of instances is above the largest',
          got: `initialInstanceCount ${initial}, maxInstanceCount ${max}`,
          fix: `set initialInstanceCount to ${max} or less`,
          path: '/endpoint/initialInstanceCount',
        }),
      );
    return findings;
  },
};
