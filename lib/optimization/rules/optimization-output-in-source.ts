import { AWQ, job } from './samples';
import type { OptimizationRule } from './types';

export const optimizationOutputInSource: OptimizationRule = {
  id: 'OPTIMIZATION_OUTPUT_IN_SOURCE',
  severity: 'error',
  summary: 'the result lies outside of the model that it is made from',
  explanation:
    'A job’s model is every object below its prefix. A result written there is read as a part of the model by the next job, and downloaded by every endpoint that serves the original.',
  source: 'SageMaker API, CreateOptimizationJob: the model is every object below its prefix',
  examples: {
    passes: [job(AWQ)],
    fails: [
      job(AWQ, { outputUri: 's3://models/llama/awq/' }),
      job(AWQ, { sourceUri: 's3://models/', outputUri: 's3://models/optimized/' }),
    ],
  },
  evaluate({ spec: { sourceUri, outputUri } }) {
    if (sourceUri === undefined || outputUri === undefined || !outputUri.startsWith(sourceUri)) return [];
    return [
      {
        message: 'the result would become a part of the model that it is made from, and the next job would read both',
        got: outputUri,
        allowed: `a prefix outside of ${sourceUri}`,
        fix: 'give another outputPrefix or outputBucket',
        path: '/outputUri',
      },
    ];
  },
};
