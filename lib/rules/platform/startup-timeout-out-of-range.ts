import { outsideLimit } from '../helpers/limits';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (startupHealthCheckTimeoutSeconds: number) => ({
  model: { config: LLAMA_8B },
  endpoint: { startupHealthCheckTimeoutSeconds },
});

export const startupTimeoutOutOfRange: Rule = {
  id: 'STARTUP_TIMEOUT_OUT_OF_RANGE',
  severity: 'error',
  summary: 'the start-up health check timeout is one that SageMaker takes',
  explanation:
    'CreateEndpointConfig takes 60 to 3600 seconds for ContainerStartupHealthCheckTimeoutInSeconds and refuses the whole configuration otherwise. A model that needs more than an hour to load has to be compiled or converted beforehand.',
  source: 'botocore sagemaker/2017-07-24, ProductionVariantContainerStartupHealthCheckTimeoutInSeconds',
  needs: ['endpoint'],
  examples: { passes: [example(60), example(3600)], fails: [example(59), example(3601), example(0)] },
  evaluate: ({ spec }) =>
    outsideLimit({
      limit: 'ContainerStartupHealthCheckTimeoutInSeconds',
      what: 'the start-up health check timeout',
      value: spec.endpoint?.startupHealthCheckTimeoutSeconds,
      unit: 'seconds',
      path: '/endpoint/startupHealthCheckTimeoutSeconds',
    }),
};
