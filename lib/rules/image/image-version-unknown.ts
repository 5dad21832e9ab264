import { imageDataDate } from '../../container';
import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (family: string, version?: string) => ({
  model: { config: QWEN3_SMALL },
  container: { family, version },
});

export const imageVersionUnknown: Rule = {
  id: 'IMAGE_VERSION_UNKNOWN',
  severity: 'warning',
  summary: 'the image version is in the data',
  explanation:
    'Images appear faster than this package. A version that is not in its data is never refused; what is known of the nearest older one is applied, which may be wrong in either direction.',
  source: 'sagemaker-core 2.27.0 image_uri_config; aws/deep-learning-containers docs/src/data; vllm releases on PyPI',
  examples: {
    passes: [example('lmi', '0.36.0-lmi27'), example('vllm', '0.6.3.post1'), example('vllm')],
    fails: [example('lmi', '0.36.0-lmi99'), example('vllm', '0.99.0'), example('sglang', 'nightly')],
  },
  evaluate({ container }) {
    if (container?.assumedVersion === undefined) return [];
    return [
      found({
        what: `this version of the ${container.family} image is not in the data of ${imageDataDate}; what is known of ${container.assumedVersion} is assumed`,
        got: container.version?.slice(0, 80),
        allowed: container.assumedVersion,
        fix: `check what has changed since ${container.assumedVersion}, or use that version`,
        path: '/container/version',
      }),
    ];
  },
};
