import { nearestNames } from '../../text/nearest';
import { deploymentInstanceTypes } from '../facts';
import { AWQ, job, NEURON } from './samples';
import type { OptimizationRule } from './types';

export const optimizationInstanceNotOffered: OptimizationRule = {
  id: 'OPTIMIZATION_INSTANCE_NOT_OFFERED',
  severity: 'error',
  summary: 'optimization jobs make models for this instance type',
  explanation:
    'The API knows fewer instance types as targets of an optimization job than an endpoint can have, and refuses the request for any other.',
  source: 'botocore 1.44.5, OptimizationJobDeploymentInstanceType',
  examples: {
    passes: [job(AWQ), job(NEURON, { instanceType: 'ml.inf2.8xlarge' })],
    fails: [job(AWQ, { instanceType: 'ml.p5.4xlarge' }), job(NEURON, { instanceType: 'ml.trn2.48xlarge' })],
  },
  evaluate({ spec: { instanceType } }) {
    if (instanceType === undefined || deploymentInstanceTypes.includes(instanceType)) return [];
    const near = nearestNames(instanceType, deploymentInstanceTypes, 3).join(', ');
    return [
      {
        message: 'SageMaker’s API takes no optimization job for this instance type',
        got: instanceType,
        allowed: deploymentInstanceTypes.join(', '),
        fix: `name another, such as ${near}`,
        path: '/instanceType',
      },
    ];
  },
};
