import { fetchedBytes } from '../../plan';
import { count, found } from '../helpers/finding';
import { LLAMA_70B, LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (loading: string, startupHealthCheckTimeoutSeconds: number, config: object = LLAMA_70B) => ({
  model: { config },
  container: { family: 'lmi' },
  environment: { OPTION_MODEL_LOADING_TIMEOUT: loading },
  endpoint: { startupHealthCheckTimeoutSeconds },
});

/** Bytes a second at which weights still arrive on a bad day, and seconds for compiling and graphs on top. */
const SLOWEST = 100e6;
const STARTING = 300;

/** A model that is long loaded by then: a generous loading timeout is copied from sample to sample, and does no harm. */
function loadsInTime({ spec, plan }: RuleContext, seconds: number): boolean {
  const bytes = fetchedBytes(spec.model, plan);
  return bytes !== null && bytes / SLOWEST + STARTING <= seconds;
}

export const startupTimeoutBelowLoadingTimeout: Rule = {
  id: 'STARTUP_TIMEOUT_BELOW_LOADING_TIMEOUT',
  severity: 'warning',
  summary: "SageMaker waits as long for the first health check as LMI's own loading timeout",
  explanation:
    'LMI gives a model OPTION_MODEL_LOADING_TIMEOUT seconds to load. SageMaker stops the container when its own start-up health check timeout is over, so a longer loading timeout never has its effect. Nothing is said of a model so small that it is loaded long before.',
  source: 'djl-serving LMI docs, model_loading_timeout; SageMaker ContainerStartupHealthCheckTimeoutInSeconds',
  needs: ['endpoint'],
  examples: { passes: [example('900', 900), example('3600', 600, LLAMA_8B)], fails: [example('1800', 600)] },
  evaluate(context) {
    const { spec, container } = context;
    const waits = spec.endpoint?.startupHealthCheckTimeoutSeconds;
    const isLmi = container?.environmentPrefix === 'OPTION_';
    const name = ['OPTION_MODEL_LOADING_TIMEOUT', 'MODEL_LOADING_TIMEOUT'].find((key) => spec.environment?.[key]);
    if (!isLmi || waits === undefined || name === undefined) return [];
    const loads = Number(spec.environment?.[name]);
    if (!Number.isFinite(loads) || loads <= waits || loadsInTime(context, waits)) return [];
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
