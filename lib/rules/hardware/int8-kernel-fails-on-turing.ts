import { gpuOf } from '../helpers/accelerator';
import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B, compressedTensors, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const INT8 = compressedTensors(
  { num_bits: 8, type: 'int', symmetric: true, strategy: 'channel' },
  { num_bits: 8, type: 'int', symmetric: true, dynamic: true, strategy: 'token' },
  'int-quantized',
);

const example = (instanceType: string, version: string, config: object = quantized(LLAMA_8B, INT8)) => ({
  model: { config },
  container: { family: 'vllm', version },
  instanceType,
  options: { maxModelLen: 4096, dtype: 'float16' },
});

const TURING_SM = 75;

export const int8KernelFailsOnTuring: Rule = {
  id: 'INT8_KERNEL_FAILS_ON_TURING',
  severity: 'error',
  summary: 'INT8 activations on a T4 meet a vLLM whose kernel returns there',
  explanation:
    'In vLLM 0.6.3 the INT8 kernel of Turing runs and then falls through to the error for GPUs that have none: "No compiled cutlass_scaled_mm for a compute capability less than CUDA device capability: 75". The versions before and after serve it.',
  source: 'vllm-project/vllm#9419, #9487 (the early return that was missing, merged after 0.6.3.post1)',
  holdsFor: 'vLLM 0.6.3 and 0.6.3.post1',
  server: { engine: 'vllm', since: '0.6.3', before: '0.6.4' },
  examples: {
    passes: [
      example('ml.g4dn.12xlarge', '0.6.2'),
      example('ml.g4dn.12xlarge', '0.6.4'),
      example('ml.g5.12xlarge', '0.6.3'),
      example('ml.g4dn.12xlarge', '0.6.3', LLAMA_8B),
    ],
    fails: [example('ml.g4dn.12xlarge', '0.6.3'), example('ml.g4dn.12xlarge', '0.6.3.post1')],
  },
  evaluate(context) {
    const { scheme } = context;
    const gpu = gpuOf(context);
    if (gpu?.sm !== TURING_SM || scheme.weightType !== 'int' || scheme.activationBits !== 8) return [];
    return [
      found({
        what: `the INT8 kernel of ${serverName(context)} ends in an error on this GPU after it has run`,
        got: gpu.text,
        allowed: 'vLLM 0.6.4 or newer',
        fix: 'use an image with vLLM 0.6.4 or newer',
        path: '/container/version',
      }),
    ];
  },
};
