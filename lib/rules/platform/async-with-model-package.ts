import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (modelData: string, asyncInference: boolean) => ({
  model: { id: 'some-model', config: LLAMA_8B },
  endpoint: { modelData, asyncInference, acceptEula: true },
});

export const asyncWithModelPackage: Rule = {
  id: 'ASYNC_WITH_MODEL_PACKAGE',
  severity: 'error',
  summary: 'an asynchronous endpoint does not serve a Marketplace model package',
  explanation:
    'CreateEndpointConfig refuses an AsyncInferenceConfig together with a model that was made from a Marketplace model package.',
  source: 'SageMaker docs, async-inference; aws/amazon-sagemaker-examples reports of the ValidationException',
  needs: ['endpoint'],
  examples: {
    passes: [example('model-package', false), example('hub', true)],
    fails: [example('model-package', true)],
  },
  evaluate({ spec }) {
    const { endpoint } = spec;
    if (endpoint?.asyncInference !== true || endpoint.modelData !== 'model-package') return [];
    return [
      found({
        what: 'models of a model package (Marketplace) cannot be deployed to asynchronous (async) endpoints',
        got: 'asyncInference with modelData model-package',
        fix: 'turn asyncInference off, or use a model of your own from S3',
        path: '/endpoint/asyncInference',
      }),
    ];
  },
};
