import { isNeuron } from '../helpers/engine';
import { found } from '../helpers/finding';
import { instanceText } from '../helpers/accelerator';
import { cheapestMachine } from '../helpers/instances';
import { dataReplicas } from '../helpers/replicas';
import { LLAMA_8B } from '../helpers/samples';
import type { Instance } from '../../hardware/types';
import type { Rule } from '../types';

const example = (instanceType: string, options: object) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm' },
  instanceType,
  options: { maxModelLen: 4096, ...options },
});

export const acceleratorsExceeded: Rule = {
  id: 'ACCELERATORS_EXCEEDED',
  severity: 'error',
  summary: 'tensor × pipeline × data parallelism asks for no more GPUs than the instance has',
  explanation:
    'An endpoint’s model runs inside one instance: tensorParallelSize × pipelineParallelSize ranks need as many GPUs there, for each copy of a data-parallel server. With fewer the server waits for workers that never come, or stops with "The number of required GPUs exceeds the total number of available GPUs in the placement group".',
  source: 'vllm/config/parallel.py, world_size; vllm/v1/executor',
  examples: {
    passes: [
      example('ml.g5.12xlarge', { tensorParallelSize: 4 }),
      example('ml.g5.12xlarge', { tensorParallelSize: 2, pipelineParallelSize: 2 }),
      { ...example('ml.g5.12xlarge', { tensorParallelSize: 2 }), environment: { SM_VLLM_DATA_PARALLEL_SIZE: '2' } },
    ],
    fails: [
      example('ml.g5.2xlarge', { tensorParallelSize: 2 }),
      example('ml.g5.12xlarge', { tensorParallelSize: 4, pipelineParallelSize: 2 }),
      { ...example('ml.g5.12xlarge', { tensorParallelSize: 4 }), environment: { SM_VLLM_DATA_PARALLEL_SIZE: '2' } },
    ],
  },
  evaluate(context) {
    const { instance, options, container, spec } = context;
    // Neuron counts cores and has a rule of its own; llama.cpp spreads layers over what there is.
    if (instance?.kind !== 'gpu' || isNeuron(context) || container?.engine === 'llama.cpp') return [];
    const replicas = dataReplicas(context);
    const perCopy = options.tensorParallelSize * options.pipelineParallelSize;
    const wanted = perCopy * replicas.count;
    if (wanted <= instance.acceleratorCount) return [];
    const enough = (other: Instance): boolean => other.kind === 'gpu' && other.acceleratorCount >= wanted;
    const { accelerator } = instance;
    const better =
      cheapestMachine(spec, (other) => enough(other) && other.accelerator?.key === accelerator?.key) ??
      // An older GPU may not run what this one does.
      cheapestMachine(spec, (other) => enough(other) && (other.accelerator?.sm ?? 0) >= (accelerator?.sm ?? 0));
    const fewer =
      replicas.variable !== undefined && perCopy <= instance.acceleratorCount
        ? `set ${replicas.variable} to at most ${Math.floor(instance.acceleratorCount / perCopy)}`
        : `set tensorParallelSize to at most ${instance.acceleratorCount}`;
    const pipeline =
      options.pipelineParallelSize === 1 ? '' : ` × pipelineParallelSize ${options.pipelineParallelSize}`;
    const copies = replicas.variable === undefined ? '' : ` × ${replicas.variable} ${replicas.count}`;
    return [
      found({
        what: `tensorParallelSize ${options.tensorParallelSize}${pipeline}${copies} needs ${wanted} GPUs in one instance`,
        got: `${instance.acceleratorCount} in ${instanceText(instance)}`,
        allowed: `at most ${instance.acceleratorCount}`,
        fix: better === undefined ? fewer : `use ${better.instanceType}, or ${fewer}`,
        path:
          replicas.variable !== undefined && perCopy <= instance.acceleratorCount
            ? `/environment/${replicas.variable}`
            : '/options/tensorParallelSize',
      }),
    ];
  },
};
