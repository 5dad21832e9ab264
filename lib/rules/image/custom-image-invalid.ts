import { limitOf, parseImageUri } from '../../container';
import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (image: string | undefined) => ({
  model: { config: QWEN3_SMALL },
  container: { family: 'custom', image },
});

export const customImageInvalid: Rule = {
  id: 'CUSTOM_IMAGE_INVALID',
  severity: 'error',
  summary: 'a custom container names its image by a full URI',
  explanation: 'CreateModel takes an image URI of at most 255 characters without spaces, and refuses anything else.',
  source: 'botocore sagemaker/2017-07-24, ContainerImage',
  examples: {
    passes: [
      example('123456789012.dkr.ecr.eu-west-1.amazonaws.com/vllm:1'),
      example('${Token[TOKEN.12]}.dkr.ecr.us-east-1.amazonaws.com/x:1'),
    ],
    fails: [example(undefined), example(''), example('two words'), example(`a/${'x'.repeat(300)}`)],
  },
  evaluate({ spec }) {
    if (spec.container?.family !== 'custom') return [];
    const image = spec.container.image;
    const [, most] = limitOf('ImageLength');
    if (image !== undefined && image.includes('${')) return [];
    if (image !== undefined && image !== '' && image.length <= most && parseImageUri(image) !== undefined) return [];
    return [
      found({
        what: `a custom container needs the full URI of its image, at most ${most} characters`,
        got: image === undefined || image === '' ? 'no image' : image.slice(0, 80),
        allowed: '123456789012.dkr.ecr.us-east-1.amazonaws.com/name:tag',
        fix: 'set container.image to the URI of an image in ECR',
        path: '/container/image',
      }),
    ];
  },
};
