import { isNeuron } from '../helpers/engine';
import { found, gib } from '../helpers/finding';
import { cheapestInstance } from '../helpers/instances';
import { LLAMA_8B, QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (config: object, instanceType: string) => ({
  model: { config },
  container: { family: 'hf-vllm-neuron' },
  instanceType,
  options: { tensorParallelSize: 2, sequenceLength: 4096, batchSize: 1 },
});

/** Host memory that loading and tracing was seen to need, as a multiple of the checkpoint. */
const FACTOR = 2;

export const neuronHostMemoryForCompiling: Rule = {
  id: 'NEURON_HOST_MEMORY_FOR_COMPILING',
  severity: 'warning',
  summary: 'the host has memory to load and compile the model',
  explanation:
    'Before anything reaches the chip, the host loads the checkpoint and traces the graphs. Llama-3.1-8B is killed by the kernel on ml.trn1.2xlarge (32 GiB), and ml.inf2.xlarge has 16 GiB only. Compile elsewhere, and deploy the artifact, or take a larger host.',
  source: 'aws-neuron-sdk#1222, aws-neuron/neuronx-distributed#53: "Killed" during HLO generation',
  examples: {
    passes: [example(LLAMA_8B, 'ml.inf2.8xlarge'), example(QWEN3_SMALL, 'ml.inf2.xlarge')],
    fails: [example(LLAMA_8B, 'ml.inf2.xlarge'), example(LLAMA_8B, 'ml.trn1.2xlarge')],
  },
  evaluate(context) {
    const { instance, plan, spec } = context;
    if (instance?.kind !== 'neuron' || !isNeuron(context)) return [];
    const bytes = plan.checkpointBytes;
    // A little less than twice: hosts come in powers of two, and 8 B models in bfloat16 are just below 16 GiB.
    if (bytes === null || bytes * FACTOR <= instance.memoryBytes * 0.9) return [];
    const better = cheapestInstance(
      spec,
      (other) =>
        other.kind === 'neuron' && other.family === instance.family && bytes * FACTOR <= other.memoryBytes * 0.9,
    );
    return [
      found({
        what: 'the host is known to run out of memory while it loads and compiles a model of this size',
        got: `a checkpoint of ${gib(bytes)} for ${gib(instance.memoryBytes)} of host memory in ${instance.instanceType}`,
        allowed: `about ${gib(bytes * FACTOR)} of host memory`,
        fix: `${better === undefined ? '' : `use ${better.instanceType}, or `}compile on another machine and deploy the artifact`,
        path: '/instanceType',
      }),
    ];
  },
};
