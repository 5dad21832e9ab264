import { orderedVersion } from '../versions';
import { brokenImages, defaultImageOf, jobFamilyOf } from '../facts';
import type { Technique } from '../types';
import { AWQ, FP8, job, SHARD, SMOOTHQUANT } from './samples';
import type { OptimizationRule } from './types';

/** Names of the steps under which the facts keep what an image lacks. */
function stepsOf(technique: Technique): readonly string[] {
  switch (technique.kind) {
    case 'awq':
      return ['quantization'];
    case 'fp8':
      return ['fp8', 'quantization'];
    case 'fast-model-loader':
      return ['sharding'];
    case 'tensorrt-llm':
      return technique.quantization === undefined ? [] : ['compilation-quantization'];
    case 'neuron':
      return [];
  }
}

/** Read from the images' code, which nobody has run outside of the service: a warning. */
export const optimizationImageLacksTools: OptimizationRule = {
  id: 'OPTIMIZATION_IMAGE_LACKS_TOOLS',
  severity: 'warning',
  summary: 'the image of the job still holds what the job needs',
  explanation:
    'The scripts that jobs run have not kept up with the images: LMI 15 removed the virtual environment that they start, LMI 22 removed llm-compressor, and lmi-dist, which shards for Fast Model Loader, went with LMI 15. Read from the code, which nobody has run outside of the service.',
  source:
    'deepjavalibrary/djl-serving, commits e311ebf4, 1e53e50d, 09719840; serving/docker/partition/trt_llm_partition.py of 0.33.0',
  examples: {
    passes: [
      job(AWQ),
      job(AWQ, { imageVersion: '0.32.0-lmi14' }),
      job(SHARD, { imageVersion: '0.32.0-lmi14' }),
      job(SMOOTHQUANT, { imageVersion: '0.32.0' }),
    ],
    fails: [
      job(AWQ, { imageVersion: '0.33.0-lmi15' }),
      job(FP8, { imageVersion: '0.38.0-lmi29' }),
      job(SHARD, { imageVersion: '0.36.0-lmi27' }),
      job(SMOOTHQUANT, { imageVersion: '0.33.0' }),
    ],
  },
  evaluate({ spec: { technique, imageVersion } }) {
    const wanted = imageVersion === undefined ? undefined : orderedVersion(imageVersion);
    if (wanted === undefined) return [];
    const broken = stepsOf(technique)
      .flatMap((step) => brokenImages.filter((image) => image.technique === step))
      .filter(({ family }) => family === jobFamilyOf(technique.kind))
      .find(({ firstBroken }) => wanted >= (orderedVersion(firstBroken) ?? Infinity));
    if (broken === undefined) return [];
    const pinned = defaultImageOf(technique)?.version;
    return [
      {
        message: `by its code, this image cannot do the job: ${broken.reason}`,
        got: imageVersion,
        allowed: `a version before ${broken.firstBroken}`,
        fix: pinned === undefined ? 'leave image out: SageMaker chooses one' : `leave image out for ${pinned}`,
        path: '/imageVersion',
      },
    ];
  },
};
