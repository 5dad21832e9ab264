import { jobLimits } from '../facts';
import { AWQ, job } from './samples';
import type { OptimizationRule } from './types';

/** Beyond a day a stack that waits is worth a second thought: credentials and approvals end before. */
const DAY = 86_400;

export const optimizationRuntimeOutOfRange: OptimizationRule = {
  id: 'OPTIMIZATION_RUNTIME_OUT_OF_RANGE',
  severity: 'error',
  summary: 'a stack can wait as long as the job may run',
  explanation:
    'A stack waits for the job as long as it may run, an hour with each of its resources. Beyond a day credentials expire and hundreds of resources wait.',
  source: 'botocore 1.44.5, StoppingCondition; a custom resource waits an hour, and the stack has one for each',
  examples: {
    passes: [job(AWQ, { maxRuntimeSeconds: 3_600 }), job(AWQ, { maxRuntimeSeconds: DAY })],
    fails: [job(AWQ, { maxRuntimeSeconds: 0 }), job(AWQ, { maxRuntimeSeconds: DAY + 1 })],
  },
  evaluate({ spec: { maxRuntimeSeconds: seconds } }) {
    const [least] = jobLimits.MaxRuntimeInSeconds;
    if (seconds === undefined || (seconds >= least && seconds <= DAY)) return [];
    return [
      {
        message: 'maxRuntime is how long the job may run, and how long the stack waits for it at most',
        got: `${seconds} s`,
        allowed: `${least} s to ${DAY} s`,
        fix: 'give a duration of some hours',
        path: '/maxRuntimeSeconds',
      },
    ];
  },
};
