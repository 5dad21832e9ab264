import { limitOf } from '../../container';
import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule, RuleFinding } from '../types';

const example = (instancePools: readonly object[], rest: object = {}) => ({
  model: { config: QWEN3_SMALL },
  instancePools,
  ...rest,
});
const pool = (instanceType: string, priority?: number) => ({ instanceType, priority });

export const instancePoolsInvalid: Rule = {
  id: 'INSTANCE_POOLS_INVALID',
  severity: 'error',
  summary: 'instance pools are 1 to 5 different types with priorities 1 to 5, in place of an instance type',
  explanation:
    'A variant names either one instance type or 1 to 5 instance pools, each with a type of its own and a priority from 1 (tried first) to 5. CreateEndpointConfig refuses anything else.',
  source: 'botocore sagemaker/2017-07-24, InstancePoolList, InstancePool',
  examples: {
    passes: [example([pool('ml.g6e.xlarge', 1), pool('ml.g5.2xlarge', 2)])],
    fails: [
      example([]),
      example([pool('ml.g6e.xlarge', 0)]),
      example([pool('ml.g6e.xlarge', 6)]),
      example([pool('ml.g6e.xlarge', 1), pool('ml.g6e.xlarge', 2)]),
      example([pool('ml.g6e.xlarge', 1)], { instanceType: 'ml.g5.2xlarge' }),
      example(
        ['xlarge', '2xlarge', '4xlarge', '8xlarge', '12xlarge', '16xlarge'].map((size) => pool(`ml.g6e.${size}`)),
      ),
    ],
  },
  evaluate({ given }) {
    const pools = given.instancePools;
    if (pools === undefined) return [];
    const findings: RuleFinding[] = [];
    const [least, most] = limitOf('InstancePools');
    if (pools.length < least || pools.length > most)
      findings.push(
        found({
          what: `a variant has ${least} to ${most} instance pools`,
          got: String(pools.length),
          allowed: `${least} to ${most}`,
          fix: pools.length === 0 ? 'name at least one pool, or an instanceType' : `keep the first ${most}`,
          path: '/instancePools',
        }),
      );
    if (given.instanceType !== undefined)
      findings.push(
        found({
          what: 'instance pools take the place of the instance type',
          got: `instanceType ${given.instanceType} and instancePools`,
          fix: `remove instanceType, or make ${given.instanceType} one of the pools`,
          path: '/instancePools',
        }),
      );
    const [first, last] = limitOf('InstancePoolPriority');
    const seen = new Set<string>();
    pools.forEach(({ instanceType, priority }, index) => {
      if (priority !== undefined && (priority < first || priority > last))
        findings.push(
          found({
            what: `the priority of an instance pool is ${first} (tried first) to ${last}`,
            got: String(priority),
            allowed: `${first} to ${last}`,
            fix: `use ${priority < first ? first : last}`,
            path: `/instancePools/${index}/priority`,
          }),
        );
      if (seen.has(instanceType))
        findings.push(
          found({
            what: 'each instance pool has an instance type of its own',
            got: `${instanceType} twice`,
            fix: 'remove one of the two',
            path: `/instancePools/${index}/instanceType`,
          }),
        );
      seen.add(instanceType);
    });
    return findings;
  },
};
