import { supportOf } from '../helpers/accelerator';
import { isNeuron } from '../helpers/engine';
import { found } from '../helpers/finding';
import { cheapestInstance } from '../helpers/instances';
import { LLAMA_8B } from '../helpers/samples';
import type { Instance } from '../../hardware/types';
import type { Rule, RuleContext } from '../types';

const example = (instanceType: string, family = 'hf-vllm-neuron', tensorParallelSize = 2) => ({
  model: { config: LLAMA_8B },
  container: { family },
  instanceType,
  options: { tensorParallelSize, sequenceLength: 4096, batchSize: 1 },
});

/** The cheapest with a host that compiles in reasonable time, and cores for what is asked. */
function secondGeneration({ options, spec }: RuleContext): Instance | undefined {
  return cheapestInstance(
    spec,
    ({ accelerator, acceleratorCount, family, memoryBytes }) =>
      family.includes('inf2') &&
      memoryBytes > SMALL_HOST &&
      acceleratorCount * (accelerator?.neuronCores ?? 0) >= options.tensorParallelSize,
  );
}

/** That of ml.inf2.xlarge, on which compiling a model runs out of memory. */
const SMALL_HOST = 16 * 2 ** 30;

export const neuronImageNotForChip: Rule = {
  id: 'NEURON_IMAGE_NOT_FOR_CHIP',
  severity: 'error',
  summary: 'the Neuron image serves language models on this chip',
  explanation:
    'LMI’s image (transformers-neuronx) serves Inferentia2 and Trainium 1. The Hugging Face image (optimum-neuron 0.4.1 and newer) serves Trainium2 as well, for which its maker publishes measurements, whatever an older note of its guide says. Inferentia 1 has no support for language models at all.',
  source:
    'huggingface/optimum-neuron v0.4.1 optimum/neuron/utils/instance.py, benchmark/vllm/single-instance/llama-3.1-8b-trn2; djl-serving 0.29 transformers-neuronx handler',
  examples: {
    passes: [
      example('ml.inf2.8xlarge'),
      example('ml.trn1.2xlarge'),
      example('ml.trn2.48xlarge', 'hf-vllm-neuron', 4),
      example('ml.trn2.48xlarge', 'vllm-neuron', 4),
    ],
    fails: [example('ml.trn2.48xlarge', 'lmi-neuron', 4), example('ml.inf1.6xlarge')],
  },
  evaluate(context) {
    const { instance, container } = context;
    if (instance?.kind !== 'neuron' || !isNeuron(context)) return [];
    const isFirst = instance.family.includes('inf1');
    const reason = supportOf(context).reason ?? '';
    if (!isFirst && !reason.includes('runs on')) return [];
    return [
      found({
        what: isFirst ? 'Inferentia 1 has no support for language models' : reason,
        got: `${instance.instanceType} (${instance.accelerator?.key}) with ${container?.family}`,
        allowed: 'ml.inf2 or ml.trn1',
        fix: `use ${secondGeneration(context)?.instanceType ?? 'ml.inf2.8xlarge'} or larger`,
        path: '/instanceType',
      }),
    ];
  },
};
