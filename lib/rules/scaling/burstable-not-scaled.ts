import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (instanceType: string, maxInstanceCount: number) => ({
  model: { config: LLAMA_8B },
  instanceType,
  endpoint: { minInstanceCount: 1, maxInstanceCount },
});

export const burstableNotScaled: Rule = {
  id: 'BURSTABLE_NOT_SCALED',
  severity: 'error',
  summary: 'the number of burstable instances is fixed',
  explanation:
    'SageMaker does not scale endpoints on burstable instances, such as T2, because they have a way of their own to take more load.',
  source: 'SageMaker docs, endpoint-auto-scaling; aws/aws-cdk#22886',
  examples: {
    passes: [example('ml.t2.medium', 1), example('ml.c7i.xlarge', 4)],
    fails: [example('ml.t2.2xlarge', 4)],
  },
  evaluate({ spec, instance }) {
    const { minInstanceCount, maxInstanceCount, initialInstanceCount } = spec.endpoint ?? {};
    if (instance === undefined || !/^t\d/.test(instance.family) || maxInstanceCount === undefined) return [];
    if (maxInstanceCount <= (minInstanceCount ?? initialInstanceCount ?? 1)) return [];
    return [
      found({
        what: `${instance.instanceType} is burstable, and SageMaker does not scale the number of such instances (autoscaling)`,
        got: `maxInstanceCount ${maxInstanceCount}`,
        allowed: 'a fixed number of instances',
        fix: 'use an instance type of another family, such as ml.m5 or ml.c7i, or leave the scaling out',
        path: '/endpoint/maxInstanceCount',
      }),
    ];
  },
};
