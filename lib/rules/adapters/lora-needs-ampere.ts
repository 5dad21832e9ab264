import { gpuOf } from '../helpers/accelerator';
import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { newerGpu } from '../helpers/newer-gpu';
import { QWEN25_7B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (instanceType: string, version: string, enableLora = true) => ({
  model: { config: QWEN25_7B },
  container: { family: 'vllm', version },
  instanceType,
  options: { maxModelLen: 2048, enableLora, dtype: 'float16', tensorParallelSize: 4 },
});

export const loraNeedsAmpere: Rule = {
  id: 'LORA_NEEDS_AMPERE',
  severity: 'error',
  summary: 'the LoRA kernels of old versions meet a GPU of compute capability 8.0',
  explanation:
    'Up to vLLM 0.5.3 LoRA runs in the Punica kernels, which are written for Ampere: "punica LoRA kernels require compute capability >= 8.0". The Triton kernels that came with 0.5.4 run on older GPUs.',
  source: 'vllm/lora/punica.py of 0.3.0 to 0.5.3',
  holdsFor: 'vLLM 0.3 to 0.5.3',
  server: { engine: 'vllm', since: '0.3.0', before: '0.5.4' },
  examples: {
    passes: [
      example('ml.g5.12xlarge', '0.5.3'),
      example('ml.g4dn.12xlarge', '0.5.4'),
      example('ml.g4dn.12xlarge', '0.2.7'),
      example('ml.g4dn.12xlarge', '0.5.3', false),
    ],
    fails: [example('ml.g4dn.12xlarge', '0.5.3.post1'), example('ml.p3.8xlarge', '0.3.0')],
  },
  evaluate(context) {
    const gpu = gpuOf(context);
    if (!context.options.enableLora || gpu === undefined || gpu.sm >= 80) return [];
    return [
      found({
        what: `LoRA in ${serverName(context)} needs a GPU of compute capability 8.0 or higher`,
        got: gpu.text,
        allowed: 'compute capability 8.0 or higher, or vLLM 0.5.4 and newer',
        fix: `use an image with vLLM 0.5.4 or newer, or ${newerGpu(context, 80)}`,
        path: '/options/enableLora',
      }),
    ];
  },
};
