import { parseImageUri } from '../../container';
import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (image: string, region?: string) => ({
  model: { config: QWEN3_SMALL },
  container: { family: 'custom', image },
  region,
});

export const imageInOtherRegion: Rule = {
  id: 'IMAGE_IN_OTHER_REGION',
  severity: 'warning',
  summary: "a custom image is in the endpoint's region",
  explanation:
    'The registry in the image URI belongs to another region than the endpoint. SageMaker asks for images of its own region; what it answers otherwise is not verified, and pulling many gigabytes across regions is slow at best.',
  source: 'SageMaker docs, your-algorithms-inference-code-container; not verified',
  examples: {
    passes: [example('123456789012.dkr.ecr.eu-west-1.amazonaws.com/vllm:1', 'eu-west-1')],
    fails: [example('123456789012.dkr.ecr.eu-west-1.amazonaws.com/vllm:1', 'us-east-1')],
  },
  evaluate({ spec }) {
    const image = spec.container?.family === 'custom' ? spec.container.image : undefined;
    const region = image === undefined ? undefined : parseImageUri(image)?.region;
    if (region === undefined || spec.region === undefined || spec.region.includes('${') || region === spec.region)
      return [];
    return [
      found({
        what: `the image is in the registry of ${region} and the endpoint in ${spec.region}`,
        got: image,
        allowed: `an image in ${spec.region}`,
        fix: `copy the image into a repository in ${spec.region}`,
        path: '/container/image',
      }),
    ];
  },
};
