import { isOffered } from '../../hardware';
import type { Instance } from '../../hardware/types';
import { anyOf, found } from '../helpers/finding';
import { cheapestMachine } from '../helpers/instances';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (instanceType: string, region: string) => ({
  model: { config: QWEN3_SMALL },
  instanceType,
  region,
});

/** How many regions to name. */
const NAMED = 4;

function sameKind(other: Instance, instance: Instance): boolean {
  return (
    other.kind === instance.kind &&
    other.acceleratorCount >= instance.acceleratorCount &&
    (other.accelerator?.memoryBytesUsable ?? 0) >= (instance.accelerator?.memoryBytesUsable ?? 0) &&
    (other.accelerator?.sm ?? 0) >= (instance.accelerator?.sm ?? 0)
  );
}

export const instanceNotInRegion: Rule = {
  id: 'INSTANCE_NOT_IN_REGION',
  severity: 'error',
  summary: 'the region offers the instance type',
  explanation:
    'SageMaker can host only on what EC2 offers in a region. A type that is not there fails when the endpoint is created, with a ValidationException or, after an hour, with InsufficientInstanceCapacity. That a region offers a type does not mean that SageMaker hosts it there, nor that it has capacity: instance pools help against the latter.',
  source: 'EC2 DescribeInstanceTypeOfferings as kept in PyPI moto 5.2.5',
  examples: {
    passes: [example('ml.g5.2xlarge', 'us-east-1'), example('ml.g5.2xlarge', 'eusc-de-east-1')],
    fails: [example('ml.p5e.48xlarge', 'af-south-1'), example('ml.g6e.xlarge', 'me-south-1')],
  },
  evaluate({ spec, instance }) {
    const { region } = spec;
    if (region === undefined || instance === undefined || isOffered(instance, region) !== false) return [];
    const other = cheapestMachine(spec, (candidate) => sameKind(candidate, instance));
    const near = instance.regions.slice().sort((a, b) => shared(b, region) - shared(a, region));
    const regions = anyOf(near.slice(0, NAMED));
    return [
      found({
        what: `${region} does not offer ${instance.instanceType}`,
        got: `${instance.instanceType} in ${region}`,
        allowed: regions,
        fix: other === undefined ? `deploy in ${regions}` : `use ${other.instanceType}, or deploy in ${regions}`,
        path: '/instanceType',
      }),
    ];
  },
};

/** Letters that two names of regions begin with alike: a neighbour is the better proposal. */
function shared(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
