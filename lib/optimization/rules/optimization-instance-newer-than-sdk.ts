import { deploymentInstanceTypes, serverOf, serverTechniques } from '../facts';
import { AWQ, job } from './samples';
import type { OptimizationRule } from './types';

/** The API's list is longer than that of AWS's own Python SDK; which of them is right nobody has tried. */
export const optimizationInstanceNewerThanSdk: OptimizationRule = {
  id: 'OPTIMIZATION_INSTANCE_NEWER_THAN_SDK',
  severity: 'warning',
  summary: 'the SageMaker Python SDK lets this technique through for the instance family',
  explanation:
    'AWS’s Python SDK checks techniques against a list of instance families that is older than the API’s own. A job for a family beyond it is accepted, but nobody has reported one that worked.',
  source: 'sagemaker 2.257.7, serve/validations/optimization.py; botocore 1.44.5',
  examples: {
    passes: [job(AWQ), job(AWQ, { instanceType: 'ml.p5.4xlarge' })],
    fails: [job(AWQ, { instanceType: 'ml.g6e.12xlarge' })],
  },
  evaluate({ spec: { technique, instanceType }, instance }) {
    if (instance === undefined || instanceType === undefined || !deploymentInstanceTypes.includes(instanceType))
      return [];
    const known = serverTechniques.find(({ server }) => server === serverOf(technique.kind));
    const family = instanceType.split('.')[1];
    const isKind = instance.kind === (known?.server === 'neuron' ? 'neuron' : 'gpu');
    if (known === undefined || !isKind || known.families.includes(family)) return [];
    return [
      {
        message:
          'the API takes the job, but AWS’s own Python SDK refuses it for this family, and no report says that it works',
        got: instanceType,
        allowed: known.families.map((name) => `ml.${name}`).join(', '),
        fix: 'try it once and acknowledge this, or quantize with `qe quantize` for any instance',
        path: '/instanceType',
      },
    ];
  },
};
