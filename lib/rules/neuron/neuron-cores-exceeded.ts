import type { RuleContext } from '../types';
import { isNeuron } from '../helpers/engine';
import { supportOf } from '../helpers/accelerator';
import { found } from '../helpers/finding';
import { cheapestMachine } from '../helpers/instances';
import { joinedCores } from '../helpers/neuron-degrees';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (instanceType: string, tensorParallelSize: number, environment: Record<string, string> = {}) => ({
  model: { config: LLAMA_8B },
  container: { family: 'hf-vllm-neuron' },
  instanceType,
  options: { tensorParallelSize, sequenceLength: 4096, batchSize: 1 },
  environment,
});

/** Logical cores of the instance. */
function coresOf({ instance, options }: Pick<RuleContext, 'instance' | 'options'>): number {
  return Math.floor(
    ((instance?.accelerator?.neuronCores ?? 0) * (instance?.acceleratorCount ?? 0)) /
      Math.max(1, options.logicalNeuronCores ?? 1),
  );
}

/** The largest degree that leaves none of several engines without cores, and that the runtime joins. */
function largestDegree(instance: NonNullable<RuleContext['instance']>, atMost: number): number {
  return (
    joinedCores(instance)
      ?.filter((degree) => degree <= atMost)
      .at(-1) ?? atMost
  );
}

export const neuronCoresExceeded: Rule = {
  id: 'NEURON_CORES_EXCEEDED',
  severity: 'error',
  summary: 'tensor, pipeline and data parallelism together ask for no more NeuronCores than the instance has',
  explanation:
    'On Neuron tensor parallelism counts cores, two for each Inferentia2 or Trainium device; Trainium2 counts logical cores, which join two physical ones unless told otherwise. A degree beyond them fails at start, and so do several data-parallel engines (SM_ON_DATA_PARALLEL_SIZE) that need more together. Pipeline parallelism beyond 1 is not supported by the images of LMI.',
  source: 'vllm-project/vllm-neuron#7; AWS Neuron docs, Inferentia2 and Trainium architecture',
  examples: {
    passes: [example('ml.inf2.48xlarge', 8), example('ml.inf2.48xlarge', 8, { SM_ON_DATA_PARALLEL_SIZE: '3' })],
    fails: [
      example('ml.inf2.8xlarge', 8),
      example('ml.inf2.48xlarge', 32),
      example('ml.inf2.24xlarge', 8, { SM_ON_DATA_PARALLEL_SIZE: '2' }),
    ],
  },
  evaluate(context) {
    const { instance, options, spec } = context;
    if (instance?.kind !== 'neuron' || !isNeuron(context)) return [];
    const cores = coresOf(context);
    const replicas = options.dataParallelSize ?? 1;
    const wanted = options.tensorParallelSize * options.pipelineParallelSize * replicas;
    if (wanted <= cores) return [];
    const lower =
      replicas > cores
        ? `set the data-parallel size to at most ${cores}`
        : `set tensorParallelSize to ${largestDegree(instance, Math.max(1, Math.floor(cores / replicas / options.pipelineParallelSize)))}`;
    const better = cheapestMachine(
      spec,
      (other) =>
        other.kind === 'neuron' &&
        coresOf({ instance: other, options }) >= wanted &&
        supportOf({ ...context, instance: other }).level !== 'unsupported',
    );
    return [
      found({
        what: `the instance has fewer NeuronCores than ${replicas === 1 ? 'tensor parallelism asks' : `${replicas} engines of tensor parallelism ask`} for`,
        got: `${wanted} for ${cores} cores of ${instance.instanceType}`,
        allowed: `at most ${cores}`,
        fix: better === undefined ? lower : `use ${better.instanceType}, or ${lower}`,
        path: '/options/tensorParallelSize',
      }),
    ];
  },
};
