import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (endpoint: object) => ({ model: { config: LLAMA_8B }, endpoint });

export const asyncWithInferenceComponents: Rule = {
  id: 'ASYNC_WITH_INFERENCE_COMPONENTS',
  severity: 'warning',
  summary: 'asynchronous inference and inference components are not combined',
  explanation:
    'An endpoint of inference components is believed not to take an AsyncInferenceConfig; the combination is documented nowhere, and was not tried.',
  source: 'SageMaker docs, async-inference and realtime-endpoints-deploy-models; not verified',
  needs: ['endpoint'],
  examples: {
    passes: [example({ asyncInference: true }), example({ inferenceComponents: true })],
    fails: [example({ asyncInference: true, inferenceComponents: true })],
  },
  evaluate({ spec }) {
    const { endpoint } = spec;
    if (endpoint?.asyncInference !== true || endpoint.inferenceComponents !== true) return [];
    return [
      found({
        what: 'asynchronous inference on an endpoint of inference components is documented nowhere and probably refused',
        got: 'asyncInference and inferenceComponents',
        fix: 'turn one of the two off',
        path: '/endpoint/asyncInference',
      }),
    ];
  },
};
