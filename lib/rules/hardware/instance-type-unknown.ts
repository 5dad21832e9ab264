import { nearestInstanceTypes } from '../../hardware';
import { anyOf, found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (instanceType: string) => ({
  model: { config: LLAMA_8B },
  instanceType,
  options: { maxModelLen: 4096 },
});

export const instanceTypeUnknown: Rule = {
  id: 'INSTANCE_TYPE_UNKNOWN',
  severity: 'error',
  summary: 'the instance type is one that SageMaker hosts',
  explanation:
    'CreateEndpointConfig validates the instance type against a closed list and refuses any other name. A misspelled type fails the whole stack; without it nothing else about the hardware can be checked.',
  source: 'botocore sagemaker/2017-07-24 service-2.json, ProductionVariantInstanceType',
  examples: { passes: [example('ml.g5.2xlarge')], fails: [example('ml.g5.3xlarge'), example('g5.2xlarge')] },
  evaluate({ spec, instance }) {
    if (spec.instanceType === undefined || instance !== undefined) return [];
    const nearest = nearestInstanceTypes(spec.instanceType, 3);
    return [
      found({
        what: 'SageMaker hosts no such instance type',
        got: spec.instanceType,
        allowed: nearest.length === 0 ? 'an ml.* hosting instance type' : anyOf(nearest),
        fix: nearest.length === 0 ? 'name a hosting instance type such as ml.g5.2xlarge' : `use ${nearest[0]}`,
        path: '/instanceType',
      }),
    ];
  },
};
