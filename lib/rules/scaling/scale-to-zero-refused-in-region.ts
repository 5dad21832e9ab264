import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

/** Regions in which a MinInstanceCount of 0 was refused when it was tried. */
const REFUSING_REGIONS = ['eu-west-3'];

const example = (region: string, minInstanceCount: number) => ({
  model: { config: LLAMA_8B },
  region,
  endpoint: { minInstanceCount, inferenceComponents: true },
});

export const scaleToZeroRefusedInRegion: Rule = {
  id: 'SCALE_TO_ZERO_REFUSED_IN_REGION',
  severity: 'error',
  summary: 'the region takes a minimum of zero instances',
  explanation:
    'Managed instance scaling with a MinInstanceCount of 0 is not offered in every region: eu-west-3 answered CreateEndpointConfig with a ValidationException where us-east-1 accepted it.',
  source: 'stdapi-ai/stdapi.ai#43, measured in August 2026',
  examples: { passes: [example('us-east-1', 0), example('eu-west-3', 1)], fails: [example('eu-west-3', 0)] },
  evaluate({ spec }) {
    const { endpoint, region } = spec;
    if (endpoint?.minInstanceCount !== 0 || endpoint.inferenceComponents !== true) return [];
    if (region === undefined || !REFUSING_REGIONS.includes(region)) return [];
    return [
      found({
        what: `${region} refuses a minimum of zero instances (scale to zero) for inference components`,
        got: 'minInstanceCount 0',
        allowed: '1 or more in this region',
        fix: 'set minInstanceCount to 1, or deploy in another region',
        path: '/endpoint/minInstanceCount',
      }),
    ];
  },
};
