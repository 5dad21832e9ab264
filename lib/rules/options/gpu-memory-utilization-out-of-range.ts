import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (SM_VLLM_GPU_MEMORY_UTILIZATION: string) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm' },
  options: { maxModelLen: 4096 },
  environment: { SM_VLLM_GPU_MEMORY_UTILIZATION },
});

const sglang = (SM_SGLANG_MEM_FRACTION_STATIC: string) => ({
  ...example('0.9'),
  container: { family: 'sglang' },
  environment: { SM_SGLANG_MEM_FRACTION_STATIC },
});

/** The CUDA context and the driver hold some hundred MiB before the server asks; beyond this share it cannot be met. */
const HIGHEST = 0.98;

export const gpuMemoryUtilizationOutOfRange: Rule = {
  id: 'GPU_MEMORY_UTILIZATION_OUT_OF_RANGE',
  severity: 'error',
  summary: 'gpuMemoryUtilization is a fraction that the GPU can give',
  explanation:
    'gpuMemoryUtilization is the share of the GPU’s memory that the server takes, between 0 and 1. At 1 and above vLLM stops ("GPU memory utilization must be less than 1.0"); close to 1 the V1 engine finds less free memory at start than asked for: "Free memory on device (21.6/22.06 GiB) on startup is less than desired GPU memory utilization (0.99, 21.84 GiB)". SGLang’s --mem-fraction-static is such a share, too: at 1 and above it asks for more than there is, and runs out of memory.',
  source:
    'vllm/config/cache.py, `gpu_memory_utilization`; vllm/v1/worker/utils.py, `request_memory`; sglang/srt/model_executor/model_runner.py, `mem_fraction_static`',
  examples: {
    passes: [example('0.95'), sglang('0.95')],
    fails: [example('90'), example('1.5'), example('0.99'), sglang('1.2')],
  },
  evaluate(context) {
    const value = context.options.gpuMemoryUtilization;
    const engine = context.container?.engine;
    if ((engine !== 'vllm' && engine !== 'sglang') || (value > 0 && value <= HIGHEST)) return [];
    const refused = value <= 0 || value > 1 || (engine === 'sglang' && value === 1);
    if (!refused && !isVllm(context, { since: '0.8.0' })) return [];
    return [
      found({
        what: refused
          ? `gpuMemoryUtilization is a fraction between 0 and 1 in ${serverName(context)}`
          : `gpuMemoryUtilization leaves nothing for the CUDA context, which ${serverName(context)} may refuse at start`,
        got: String(value),
        allowed: `above 0, up to ${HIGHEST}`,
        fix:
          value > 1 && value <= 100
            ? `write ${Math.min(value / 100, 0.95)}`
            : 'set gpuMemoryUtilization to 0.95 or less',
        path: '/options/gpuMemoryUtilization',
        severity: refused ? 'error' : 'warning',
      }),
    ];
  },
};
