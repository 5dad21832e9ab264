import { findContainerImage, imageVersions, locateImage } from '../../container';
import { anyOf, found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (family: string, version: string | undefined, region: string) => ({
  model: { config: QWEN3_SMALL },
  container: { family, version },
  region,
});

/** How many versions to propose. */
const NAMED = 3;

export const imageNotInRegion: Rule = {
  id: 'IMAGE_NOT_IN_REGION',
  severity: 'error',
  summary: "the image is in the region's registry",
  explanation:
    'Each region has a registry of its own, and not every version is pushed to all of them: the newest vLLM and SGLang images are in 35 commercial regions only, the Neuron images in fewer still. CreateModel accepts the URI, and the endpoint fails when the image cannot be pulled.',
  source: 'sagemaker-core 2.27.0 image_uri_config: registries of each version',
  examples: {
    passes: [example('vllm', '0.28.0', 'us-gov-west-1'), example('lmi', undefined, 'cn-north-1')],
    fails: [example('vllm', '0.30.0', 'us-gov-west-1'), example('hf-vllm-neuron', undefined, 'eu-north-1')],
  },
  evaluate({ spec, container, instance }) {
    const { region } = spec;
    const name = container?.tag ?? container?.version;
    if (region === undefined || container === undefined || name === undefined || container.family === 'custom')
      return [];
    const image = findContainerImage(container.family, name, instance);
    if (image === undefined || locateImage(image, region)?.available !== false) return [];
    const there = imageVersions(container.family).filter((version) => {
      const other = findContainerImage(container.family, version, instance);
      return other?.engine === image.engine && other.regions?.includes(region) === true;
    });
    const versions = anyOf(there.slice(0, NAMED));
    return [
      found({
        what: `the registry of ${region} does not have this version of the ${container.family} image`,
        got: `${image.repository}:${image.tag}`,
        allowed: there.length === 0 ? `another region: ${anyOf((image.regions ?? []).slice(0, NAMED))}` : versions,
        fix:
          there.length === 0
            ? `copy the image into a registry of your own, or deploy in ${anyOf((image.regions ?? []).slice(0, NAMED))}`
            : `use version ${versions}`,
        path: '/container/version',
      }),
    ];
  },
};
