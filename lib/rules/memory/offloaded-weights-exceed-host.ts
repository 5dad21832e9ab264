import { found, gib } from '../helpers/finding';
import { cheapestInstance } from '../helpers/instances';
import { LLAMA_70B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';
import { GIB } from '../../units';

const example = (instanceType: string, offloaded: string) => ({
  model: { config: LLAMA_70B },
  container: { family: 'vllm' },
  instanceType,
  options: { maxModelLen: 2048, tensorParallelSize: 1 },
  environment: { SM_VLLM_CPU_OFFLOAD_GB: offloaded },
});

/** What all GPUs leave in the host's memory; not more than the model has. */
function offloadedBytes({ options, plan }: RuleContext): number {
  const { cpuOffloadGib = 0, tensorParallelSize, pipelineParallelSize } = options;
  if (cpuOffloadGib <= 0) return 0;
  return Math.min(cpuOffloadGib * GIB * tensorParallelSize * pipelineParallelSize, plan.checkpointBytes ?? Infinity);
}

export const offloadedWeightsExceedHost: Rule = {
  id: 'OFFLOADED_WEIGHTS_EXCEED_HOST',
  severity: 'error',
  summary: 'weights that are to stay in the host’s memory fit into it',
  explanation:
    'With --cpu-offload-gb each GPU leaves that much of its weights in pinned memory of the host for as long as the server lives. The kernel ends a server that pins more than the host has.',
  source: 'vllm/model_executor/models/utils.py, `maybe_offload_to_cpu`; vllm docs, "Conserving memory"',
  server: { engine: 'vllm' },
  examples: {
    passes: [example('ml.g5.12xlarge', '120'), example('ml.g5.2xlarge', '20'), example('ml.g5.2xlarge', '0')],
    fails: [example('ml.g5.2xlarge', '120')],
  },
  evaluate(context) {
    const { instance, spec } = context;
    if (instance === undefined) return [];
    const bytes = offloadedBytes(context);
    if (bytes <= instance.memoryBytes) return [];
    const better = cheapestInstance(
      spec,
      (other) => other.accelerator?.key === instance.accelerator?.key && other.memoryBytes > bytes,
    );
    return [
      found({
        what: `${gib(bytes)} of weights that are to stay in the host’s memory do not fit into it`,
        got: `${gib(instance.memoryBytes)} of host memory in ${instance.instanceType}`,
        allowed: `less than ${gib(instance.memoryBytes)} over all GPUs`,
        fix: better === undefined ? 'offload less, or quantize to fewer bits' : `use ${better.instanceType}`,
        path: '/instanceType',
      }),
    ];
  },
};
