import type { Instance } from '../../hardware/types';
import { instanceText } from '../helpers/accelerator';
import { isNeuron, needsGpu, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { cheapestInstance } from '../helpers/instances';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (family: string, instanceType: string) => ({
  model: { config: LLAMA_8B },
  ...(family === 'llama-cpp' ? { quantization: 'gguf:Q4_K_M' } : {}),
  container: { family },
  instanceType,
  options: { maxModelLen: 4096, tensorParallelSize: 1, dtype: 'float16' },
});

type Kind = Instance['kind'];

/** Kinds of instance that the container can run on; undefined where nothing is known of the container. */
function kindsOf(context: RuleContext): readonly Kind[] | undefined {
  if (needsGpu(context)) return ['gpu'];
  if (isNeuron(context)) return ['neuron'];
  return context.container?.engine === 'llama.cpp' ? ['gpu', 'cpu'] : undefined;
}

const NAMES: Readonly<Record<Kind, string>> = { gpu: 'NVIDIA GPU', neuron: 'Neuron', cpu: 'CPU', gaudi: 'Gaudi' };

export const containerNeedsAccelerator: Rule = {
  id: 'CONTAINER_NEEDS_ACCELERATOR',
  severity: 'error',
  summary: 'the instance has the accelerator that the container is built for',
  explanation:
    'The vLLM, LMI, SGLang and TensorRT-LLM images hold CUDA builds, and the Neuron images hold Neuron builds: on another kind of instance the server finds no device and stops, and the endpoint stays in Creating until its health check times out. Only the llama.cpp images exist for both CPU and GPU.',
  source: 'aws/deep-learning-containers docs, available images',
  examples: {
    passes: [example('vllm', 'ml.g5.2xlarge'), example('llama-cpp', 'ml.c6i.4xlarge')],
    fails: [
      example('vllm', 'ml.c6i.4xlarge'),
      example('lmi', 'ml.inf2.8xlarge'),
      example('hf-vllm-neuron', 'ml.g5.2xlarge'),
    ],
  },
  evaluate(context) {
    const { instance, spec } = context;
    const kinds = kindsOf(context);
    if (instance === undefined || kinds === undefined || kinds.includes(instance.kind)) return [];
    const better = cheapestInstance(
      spec,
      (other) => kinds.includes(other.kind) && other.memoryBytes >= instance.memoryBytes / 2,
    );
    const wanted = kinds.map((kind) => NAMES[kind]).join(' or ');
    return [
      found({
        what: `${serverName(context)} in the ${spec.container?.family} container needs ${wanted} instances`,
        got: instanceText(instance),
        allowed: `instances with ${wanted}`,
        fix:
          better === undefined
            ? 'choose another container'
            : `use ${better.instanceType}, or a container built for ${NAMES[instance.kind]}`,
        path: '/instanceType',
      }),
    ];
  },
};
