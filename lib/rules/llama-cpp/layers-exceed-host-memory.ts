import { hostWeightBytes } from '../../plan';
import { found, gib } from '../helpers/finding';
import { cheapestInstance } from '../helpers/instances';
import { offloadsByItself } from '../helpers/offload';
import { LLAMA_70B } from '../helpers/samples';
import type { Rule, RuleContext } from '../types';

const example = (instanceType: string, environment: Record<string, string>) => ({
  model: { config: LLAMA_70B },
  quantization: 'gguf:Q4_K_M',
  container: { family: 'llama-cpp' },
  instanceType,
  options: { maxModelLen: 4096, slots: 1 },
  environment,
});

const isSet = (value: string | undefined) => value !== undefined && /^(true|1|on|)$/i.test(value);

/** Are the weights read into memory of the process, or locked, so that the kernel cannot drop a page and read it again? */
function holdsThem({ spec }: RuleContext): boolean {
  const { SM_LLAMA_CPP_LOAD_MODE: mode = '', SM_LLAMA_CPP_NO_MMAP, SM_LLAMA_CPP_MLOCK } = spec.environment ?? {};
  return /^(none|dio|mlock|mmap\+mlock)$/.test(mode) || isSet(SM_LLAMA_CPP_NO_MMAP) || isSet(SM_LLAMA_CPP_MLOCK);
}

export const layersExceedHostMemory: Rule = {
  id: 'LAYERS_EXCEED_HOST_MEMORY',
  severity: 'error',
  summary: 'layers and experts that stay off the GPU fit into the host’s memory',
  explanation:
    'What --n-gpu-layers, --n-cpu-moe, --cpu-moe or --override-tensor leave to the CPU is computed from the host’s memory, token by token. Mapped files (--load-mode mmap, the default) that do not fit are read from the disk again for every token, which is minutes for an answer; with --load-mode none, dio or mlock the kernel ends the server while it loads.',
  source: 'llama.cpp tools/server/README.md, --load-mode; src/llama-model.cpp, load_tensors; ggml-org/llama.cpp#15396',
  examples: {
    passes: [
      example('ml.g5.4xlarge', { SM_LLAMA_CPP_N_GPU_LAYERS: '30' }),
      example('ml.g5.2xlarge', { SM_LLAMA_CPP_N_GPU_LAYERS: '45' }),
      example('ml.g5.2xlarge', {}),
    ],
    fails: [
      example('ml.g5.2xlarge', { SM_LLAMA_CPP_N_GPU_LAYERS: '10', SM_LLAMA_CPP_LOAD_MODE: 'none' }),
      example('ml.g5.2xlarge', { SM_LLAMA_CPP_N_GPU_LAYERS: '10' }),
    ],
  },
  evaluate(context) {
    const { container, instance, options, spec } = context;
    if (container?.engine !== 'llama.cpp' || instance?.kind !== 'gpu') return [];
    if (offloadsByItself(context) && options.expertsOnHost === undefined) return [];
    const bytes = hostWeightBytes(context);
    const limit = instance.memoryBytesUsable ?? instance.memoryBytes;
    if (bytes === undefined || bytes <= limit) return [];
    const isHeld = holdsThem(context);
    const better = cheapestInstance(
      spec,
      (other) => other.accelerator?.key === instance.accelerator?.key && other.memoryBytes > bytes,
    );
    return [
      found({
        what: `${gib(bytes)} of weights stay off the GPU and do not fit into the memory of the host, ${isHeld ? 'so that the kernel ends the server' : 'so that every token reads them from the disk again'}`,
        got: `${gib(limit)} of host memory in ${instance.instanceType}`,
        allowed: `less than ${gib(limit)} off the GPU`,
        fix: better === undefined ? 'quantize to fewer bits, or offload more layers' : `use ${better.instanceType}`,
        path: '/instanceType',
        severity: isHeld ? 'error' : 'warning',
      }),
    ];
  },
};
