import { isNeuron } from '../helpers/engine';
import { found } from '../helpers/finding';
import { instanceText } from '../helpers/accelerator';
import { cheapestInstance } from '../helpers/instances';
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
  summary: 'tensor × pipeline parallelism asks for no more GPUs than the instance has',
  explanation:
    'An endpoint’s model runs inside one instance: tensorParallelSize × pipelineParallelSize ranks need as many GPUs there. With fewer the server waits for workers that never come, or stops with "The number of required GPUs exceeds the total number of available GPUs in the placement group".',
  source: 'vllm/config/parallel.py, world_size; vllm/v1/executor',
  examples: {
    passes: [
      example('ml.g5.12xlarge', { tensorParallelSize: 4 }),
      example('ml.g5.12xlarge', { tensorParallelSize: 2, pipelineParallelSize: 2 }),
    ],
    fails: [
      example('ml.g5.2xlarge', { tensorParallelSize: 2 }),
      example('ml.g5.12xlarge', { tensorParallelSize: 4, pipelineParallelSize: 2 }),
    ],
  },
  evaluate(context) {
    const { instance, options, container, spec } = context;
    // Neuron counts cores and has a rule of its own; llama.cpp spreads layers over what there is.
    if (instance?.kind !== 'gpu' || isNeuron(context) || container?.engine === 'llama.cpp') return [];
    const wanted = options.tensorParallelSize * options.pipelineParallelSize;
    if (wanted <= instance.acceleratorCount) return [];
    const enough = (other: Instance): boolean => other.kind === 'gpu' && other.acceleratorCount >= wanted;
    const { accelerator } = instance;
    const better =
      cheapestInstance(spec, (other) => enough(other) && other.accelerator?.key === accelerator?.key) ??
      // An older GPU may not run what this one does.
      cheapestInstance(spec, (other) => enough(other) && (other.accelerator?.sm ?? 0) >= (accelerator?.sm ?? 0));
    const pipeline =
      options.pipelineParallelSize === 1 ? '' : ` × pipelineParallelSize ${options.pipelineParallelSize}`;
    return [
      found({
        what: `tensorParallelSize ${options.tensorParallelSize}${pipeline} needs ${wanted} GPUs in one instance`,
        got: `${instance.acceleratorCount} in ${instanceText(instance)}`,
        allowed: `at most ${instance.acceleratorCount}`,
        fix:
          better === undefined
            ? `set tensorParallelSize to at most ${instance.acceleratorCount}`
            : `use ${better.instanceType}, or set tensorParallelSize to at most ${instance.acceleratorCount}`,
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
