import { registryRegions } from '../../container';
import { knownRegions } from '../../hardware';
import { nearestNames } from '../../text/nearest';
import { anyOf, found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (region: string) => ({ model: { config: LLAMA_8B }, region });

const REGIONS: ReadonlySet<string> = new Set([...registryRegions, ...knownRegions]);

/** The form of a region's name, which new ones keep to. */
const REGION_FORM = /^[a-z]{2,4}(-[a-z]+)+-\d$/;

export const regionUnknown: Rule = {
  id: 'REGION_UNKNOWN',
  severity: 'error',
  summary: 'the region exists',
  explanation:
    'A region that does not exist has no endpoint, no registry for the container images and no instance types. A name that has the form of a region but is newer than the data of this package is only a warning: nothing can be said about images and instances there.',
  source: 'botocore data/partitions.json; regions of the deep learning container registries, sagemaker-core 2.27.0',
  examples: {
    passes: [example('us-east-1'), example('cn-north-1'), example('us-gov-west-1'), example('${Token[AWS.Region.4]}')],
    fails: [example('us-east1'), example('eu-west-9'), example('US-EAST-1'), example('frankfurt')],
  },
  evaluate({ spec }) {
    const { region } = spec;
    // A token stands for a region that is known only when the stack is deployed.
    if (region === undefined || REGIONS.has(region) || region.includes('${')) return [];
    const nearest = nearestNames(region, REGIONS, 3);
    const fix = nearest.length === 0 ? 'use a region such as us-east-1' : `use ${nearest[0]}`;
    if (REGION_FORM.test(region))
      return [
        found({
          what: 'this region is not in the data, so that its images and instance types cannot be checked',
          got: region,
          allowed: nearest.length === 0 ? undefined : anyOf(nearest),
          fix: `${fix}, or check images and instance types by hand`,
          path: '/region',
          severity: 'warning',
        }),
      ];
    return [
      found({
        what: 'there is no such region',
        got: region,
        allowed: nearest.length === 0 ? 'a region of AWS' : anyOf(nearest),
        fix,
        path: '/region',
      }),
    ];
  },
};
