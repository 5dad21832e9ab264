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
  severity: 'error',
  summary: "a custom image is in the endpoint's region",
  explanation:
    'The registry in the image URI belongs to another region than the endpoint. SageMaker pulls images of its own region only: the API’s reference says that the image and the model’s files "must be in the same region as the model or endpoint you are creating".',
  source: 'SageMaker API reference, ContainerDefinition Image',
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
        what: `SageMaker pulls images of its own region only; the image is in the registry of ${region} and the endpoint in ${spec.region}`,
        got: image,
        allowed: `an image in ${spec.region}`,
        fix: `copy the image into a repository in ${spec.region}`,
        path: '/container/image',
      }),
    ];
  },
};
