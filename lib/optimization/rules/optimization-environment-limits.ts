import { techniqueVariables } from '../configs';
import { jobLimits } from '../facts';
import { AWQ, job } from './samples';
import type { OptimizationRule } from './types';

const entries = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`OPTION_X${i}`, '1']));

export const optimizationEnvironmentLimits: OptimizationRule = {
  id: 'OPTIMIZATION_ENVIRONMENT_LIMITS',
  severity: 'error',
  summary: 'the job’s variables are within the API’s limits',
  explanation:
    'The variables of a job have narrower limits than those of an endpoint, and a variable that the technique itself sets would contradict it.',
  source: 'botocore 1.44.5, OptimizationJobEnvironmentVariables: 25 entries of 256 characters',
  examples: {
    passes: [job(AWQ, { environment: { OPTION_AWQ_MM_VERSION: 'GEMM' } })],
    fails: [
      job(AWQ, { environment: entries(25) }),
      job(AWQ, { environment: { OPTION_X: 'x'.repeat(257) } }),
      job(AWQ, { environment: { OPTION_QUANTIZE: 'fp8' } }),
    ],
  },
  evaluate({ spec: { technique, environment = {} } }) {
    const own = techniqueVariables(technique);
    const all = Object.entries({ ...own, ...environment });
    const { OverrideEnvironmentEntries: most, OverrideEnvironmentValue: longest } = jobLimits;
    const long = all.find(([name, value]) => name.length > longest || value.length > longest);
    const taken = Object.keys(environment).find((name) => Object.hasOwn(own, name) || name === 'OPTION_QUANTIZE');
    if (taken !== undefined)
      return [
        {
          message: 'the technique sets this variable itself',
          got: taken,
          allowed: 'variables beside those of the technique',
          fix: `leave ${taken} out and set it through the technique`,
          path: `/environment/${taken}`,
        },
      ];
    if (all.length > most)
      return [
        {
          message: `an optimization job takes ${most} variables, fewer than an endpoint`,
          got: String(all.length),
          allowed: String(most),
          fix: 'leave some of them out',
          path: '/environment',
        },
      ];
    if (long === undefined) return [];
    return [
      {
        message: `an optimization job takes names and values of ${longest} characters, shorter ones than an endpoint`,
        got: `${long[0]} of ${Math.max(long[0].length, long[1].length)} characters`,
        allowed: String(longest),
        fix: 'shorten it',
        path: `/environment/${long[0]}`,
      },
    ];
  },
};
