import { outsideLimit } from '../helpers/limits';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (volumeSizeInGb: number) => ({
  model: { config: QWEN3_SMALL },
  instanceType: 'ml.inf2.xlarge',
  endpoint: { volumeSizeInGb },
});

export const volumeSizeOutOfRange: Rule = {
  id: 'VOLUME_SIZE_OUT_OF_RANGE',
  severity: 'error',
  summary: 'the volume size is one that SageMaker takes',
  explanation: 'CreateEndpointConfig takes a VolumeSizeInGB of 1 to 512 and refuses the configuration otherwise.',
  source: 'botocore sagemaker/2017-07-24, ProductionVariantVolumeSizeInGB',
  needs: ['endpoint'],
  examples: { passes: [example(1), example(512)], fails: [example(0), example(1024)] },
  evaluate: ({ spec }) =>
    outsideLimit({
      limit: 'VolumeSizeInGB',
      what: 'the volume size',
      value: spec.endpoint?.volumeSizeInGb,
      unit: 'GB',
      path: '/endpoint/volumeSizeInGb',
    }),
};
