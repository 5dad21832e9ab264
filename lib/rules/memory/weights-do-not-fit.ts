import { instanceText } from '../helpers/accelerator';
import { fitText } from '../helpers/fit';
import { found, gib } from '../helpers/finding';
import { LLAMA_70B, LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (config: object, instanceType: string, family: string, rest: object = {}) => ({
  model: { config },
  container: { family },
  instanceType,
  options: { maxModelLen: 4096, ...(family === 'vllm' ? { tensorParallelSize: 1 } : {}) },
  ...rest,
});

const ALL_LAYERS = { SM_LLAMA_CPP_N_GPU_LAYERS: '999' };

/** Does llama-server choose by itself how many layers go to the GPU? */
function offloadsByItself({ container, instance, spec }: RuleContext): boolean {
  if (container?.engine !== 'llama.cpp' || instance?.kind !== 'gpu') return false;
  return !Object.keys(spec.environment ?? {}).some((name) => /(N_)?GPU_LAYERS$|_NGL$/.test(name));
}

/** What holds one share of the weights. */
const UNITS = { gpu: 'GPU', cpu: 'host', neuron: 'NeuronCore', gaudi: 'accelerator' } as const;

export const weightsDoNotFit: Rule = {
  id: 'WEIGHTS_DO_NOT_FIT',
  severity: 'error',
  summary: 'the weights fit into the memory of the accelerators',
  explanation:
    'Each accelerator holds its share of the weights for as long as the server lives. If they are larger than its memory, loading stops with "CUDA out of memory" after the download, 10 to 25 minutes into the creation of the endpoint; if they leave nothing of the share the server may use, with "No available memory for the cache blocks". llama-server without a number of layers keeps on the CPU what does not fit, at a fraction of the speed.',
  source: 'this library’s plan: weights as the engine stores them, memory as the driver reports it',
  examples: {
    passes: [
      example(LLAMA_8B, 'ml.g5.2xlarge', 'vllm'),
      example(LLAMA_70B, 'ml.g6e.xlarge', 'llama-cpp', { quantization: 'gguf:Q4_K_M', environment: ALL_LAYERS }),
    ],
    fails: [
      example(LLAMA_70B, 'ml.g5.2xlarge', 'vllm'),
      example(LLAMA_70B, 'ml.g5.xlarge', 'llama-cpp', { quantization: 'gguf:Q4_K_M', environment: ALL_LAYERS }),
      example(LLAMA_70B, 'ml.g5.xlarge', 'llama-cpp', { quantization: 'gguf:Q4_K_M' }),
    ],
  },
  evaluate(context) {
    const { instance } = context;
    if (instance === undefined || context.model === undefined) return [];
    const { weights, usable, total } = context.plan.memory;
    const limit = usable ?? total;
    if (weights === null || limit === null || weights < limit) return [];
    const soft = offloadsByItself(context);
    const unit = UNITS[instance.kind];
    const better = fitText(context);
    return [
      found({
        what: soft
          ? `the weights take ${gib(weights)} of each ${unit}, more than its memory, so llama-server keeps some layers on the CPU, which is many times slower`
          : `the weights take ${gib(weights)} of each ${unit} and do not fit into its memory`,
        got: `${gib(weights)} for ${gib(limit)} usable on ${instanceText(instance)}`,
        allowed: `less than ${gib(limit)} of weights for each ${unit}`,
        fix: better ?? 'quantize to fewer bits; no single instance of the region holds it',
        path: '/instanceType',
        severity: soft ? 'warning' : 'error',
      }),
    ];
  },
};
