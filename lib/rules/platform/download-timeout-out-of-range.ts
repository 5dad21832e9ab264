import { outsideLimit } from '../helpers/limits';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (modelDataDownloadTimeoutSeconds: number) => ({
  model: { config: LLAMA_8B },
  endpoint: { modelDataDownloadTimeoutSeconds },
});

export const downloadTimeoutOutOfRange: Rule = {
  id: 'DOWNLOAD_TIMEOUT_OUT_OF_RANGE',
  severity: 'error',
  summary: 'the model download timeout is one that SageMaker takes',
  explanation:
    'CreateEndpointConfig takes 60 to 3600 seconds for ModelDataDownloadTimeoutInSeconds and refuses the whole configuration otherwise.',
  source: 'botocore sagemaker/2017-07-24, ProductionVariantModelDataDownloadTimeoutInSeconds',
  needs: ['endpoint'],
  examples: { passes: [example(60), example(3600)], fails: [example(30), example(7200)] },
  evaluate: ({ spec }) =>
    outsideLimit({
      limit: 'ModelDataDownloadTimeoutInSeconds',
      what: 'the model download timeout',
      value: spec.endpoint?.modelDataDownloadTimeoutSeconds,
      unit: 'seconds',
      path: '/endpoint/modelDataDownloadTimeoutSeconds',
    }),
};
