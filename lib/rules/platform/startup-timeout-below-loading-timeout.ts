import { count, found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (loading: string, startupHealthCheckTimeoutSeconds: number) => ({
  model: { config: LLAMA_8B },
  container: { family: 'lmi' },
  environment: { OPTION_MODEL_LOADING_TIMEOUT: loading },
  endpoint: { startupHealthCheckTimeoutSeconds },
});

export const startupTimeoutBelowLoadingTimeout: Rule = {
  id: 'STARTUP_TIMEOUT_BELOW_LOADING_TIMEOUT',
  severity: 'warning',
  summary: "SageMaker waits as long for the first health check as LMI's own loading timeout",
  explanation:
    'LMI gives a model OPTION_MODEL_LOADING_TIMEOUT seconds to load. SageMaker stops the container when its own start-up health check timeout is over, so a longer loading timeout never has its effect.',
  source: 'djl-serving LMI docs, model_loading_timeout; SageMaker ContainerStartupHealthCheckTimeoutInSeconds',
  examples: { passes: [example('900', 900)], fails: [example('1800', 600)] },
  evaluate({ spec, container }) {
    const waits = spec.endpoint?.startupHealthCheckTimeoutSeconds;
    const isLmi = container?.environmentPrefix === 'OPTION_';
    const name = ['OPTION_MODEL_LOADING_TIMEOUT', 'MODEL_LOADING_TIMEOUT'].find((key) => spec.environment?.[key]);
    if (!isLmi || waits === undefined || name === undefined) return [];
    const loads = Number(spec.environment?.[name]);
    if (!Number.isFinite(loads) || loads <= waits) return [];
    return [
      found({
        what: `SageMaker stops the container after ${count(waits)} seconds without a health check, before ${name} is over`,
        got: `${name}=${loads}`,
        fix: `set startupHealthCheckTimeoutSeconds to ${Math.min(3600, loads)}`,
        path: '/endpoint/startupHealthCheckTimeoutSeconds',
      }),
    ];
  },
};
