import { isNeuron } from '../helpers/engine';
import { anyOf, found } from '../helpers/finding';
import { SHARE_OF_WEIGHTS } from '../helpers/instances';
import { joinedCores } from '../helpers/neuron-degrees';
import { LLAMA_8B, LLAMA_70B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (instanceType: string, tensorParallelSize: number, config: object = LLAMA_8B, family?: string) => ({
  model: { config },
  container: { family: family ?? 'hf-vllm-neuron' },
  instanceType,
  options: { tensorParallelSize, sequenceLength: 4096, batchSize: 1 },
});

/** What the Neuron runtime joins into one ring on Trainium: 1, 2, 8, 16 or a multiple of 32. */
const isTrainiumTopology = (cores: number) => [1, 2, 8, 16].includes(cores) || cores % 32 === 0;
/** AWS's own benchmark deploys with it. Source: aws-samples/foundation-model-benchmarking-tool, configs/mistral. */
const ALSO_RUNS = 6;

/** The next fewer cores, unless the weights do not fit there: then the next more. */
function nearest({ options, plan }: RuleContext, allowed: readonly number[]): number {
  const { weights, total } = plan.memory;
  const degree = options.tensorParallelSize;
  const holds = (cores: number) =>
    weights === null || total === null || (weights * degree) / cores < total * SHARE_OF_WEIGHTS;
  const fewer = allowed.filter((cores) => cores < degree).reverse();
  const more = allowed.filter((cores) => cores > degree);
  return [...fewer, ...more].find(holds) ?? fewer[0] ?? allowed[0];
}

export const neuronCoreTopology: Rule = {
  id: 'NEURON_CORE_TOPOLOGY',
  severity: 'error',
  summary: 'the Neuron runtime joins that many cores',
  explanation:
    'NeuronCores that share a model are joined in a ring, which the hardware wires for certain numbers only. Trainium takes 1, 2, 8, 16 or multiples of 32: "nrt_load_collectives: Unsupported topology. Supported number of Neuron Cores is 1, 2, 8, 16 or a multiple of 32". 24 is Inferentia2’s alone. A model compiles for any number, so that compiling proves nothing: the endpoint fails when it loads. On Inferentia2 transformers-neuronx supports 1, 2, 4, 8 and 24, and cannot shard over others such as 20.',
  source:
    'huggingface/optimum-neuron#619, #424, #466; aws-neuron/aws-neuron-samples#54; transformers-neuronx developer guide, "Tensor-parallelism support"',
  examples: {
    passes: [example('ml.trn1.32xlarge', 8), example('ml.inf2.48xlarge', 8)],
    fails: [
      example('ml.trn1.32xlarge', 24, { ...LLAMA_70B, num_attention_heads: 48, hidden_size: 6144 }),
      example('ml.trn1.32xlarge', 4),
      example('ml.inf2.48xlarge', 10),
      example('ml.inf2.48xlarge', 20, LLAMA_70B, 'lmi-neuron'),
    ],
  },
  evaluate(context) {
    const { instance, options } = context;
    if (instance?.kind !== 'neuron' || !isNeuron(context)) return [];
    const degree = options.tensorParallelSize;
    const isInferentia2 = instance.family.includes('inf2');
    const joined = joinedCores(instance);
    const fits = isInferentia2 ? joined?.includes(degree) || degree === ALSO_RUNS : isTrainiumTopology(degree);
    if (fits || joined === undefined) return [];
    const cores = (instance.accelerator?.neuronCores ?? 2) * instance.acceleratorCount;
    const allowed = joined.filter((other) => other <= cores);
    return [
      found({
        what: isInferentia2
          ? `tensor parallelism over ${degree} NeuronCores is not documented for Inferentia2`
          : `the Neuron runtime has no topology of ${degree} cores on Trainium`,
        got: `tensorParallelSize ${degree} on ${instance.instanceType}`,
        allowed: `${anyOf(allowed)} cores`,
        fix: `set tensorParallelSize to ${nearest(context, allowed)}`,
        path: '/options/tensorParallelSize',
        // transformers-neuronx shards by the documented degrees: "cannot be sharded ... to 20 NeuronCores evenly".
        severity: isInferentia2 && context.container?.engine !== 'transformers-neuronx' ? 'warning' : 'error',
      }),
    ];
  },
};
