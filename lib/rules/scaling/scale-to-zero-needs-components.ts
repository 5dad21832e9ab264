import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (endpoint: object) => ({ model: { config: LLAMA_8B }, endpoint: { minInstanceCount: 0, ...endpoint } });

export const scaleToZeroNeedsComponents: Rule = {
  id: 'SCALE_TO_ZERO_NEEDS_COMPONENTS',
  severity: 'error',
  summary: 'only inference components and asynchronous endpoints scale to zero instances',
  explanation:
    'A real-time variant that holds its model itself cannot have fewer than one instance. Zero is possible with inference components, where managed instance scaling has a MinInstanceCount of 0 and the copies scale on their own dimension, and on asynchronous endpoints, where requests wait in the queue.',
  source: 'SageMaker docs, endpoint-auto-scaling-zero-instances and async-inference-autoscale',
  examples: {
    passes: [
      example({ inferenceComponents: true }),
      example({ asyncInference: true }),
      example({ minInstanceCount: 1 }),
    ],
    fails: [example({}), example({ inferenceComponents: false })],
  },
  evaluate({ spec }) {
    const { endpoint } = spec;
    if (endpoint?.minInstanceCount !== 0 || endpoint.inferenceComponents === true || endpoint.asyncInference === true)
      return [];
    return [
      found({
        what: 'a real-time endpoint scales to zero instances only with inference components',
        got: 'minInstanceCount 0',
        allowed: '1 or more',
        fix: 'set inferenceComponents or asyncInference, or minInstanceCount to 1',
        path: '/endpoint/minInstanceCount',
      }),
    ];
  },
};
