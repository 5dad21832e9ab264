import { servedScheme } from '../../plan/online';
import { capability } from '../../scheme';
import { gpuOf, supportOf } from '../helpers/accelerator';
import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { newerGpu } from '../helpers/newer-gpu';
import { FP8_BLOCK, QWEN3_SMALL, quantized } from '../helpers/samples';
import type { Rule } from '../types';

const example = (instanceType: string) => ({
  model: { config: quantized(QWEN3_SMALL, FP8_BLOCK) },
  container: { family: 'vllm' },
  instanceType,
  options: { maxModelLen: 4096, tensorParallelSize: 1, dtype: 'float16' },
});

export const quantizationRunsWeightOnly: Rule = {
  id: 'QUANTIZATION_RUNS_WEIGHT_ONLY',
  severity: 'warning',
  summary: 'the GPU computes in the precision that the scheme promises',
  explanation:
    'FP8 tensor cores begin with compute capability 8.9 (L4, L40S), FP4 with 10.0 (B200). On an older GPU vLLM does not refuse such a checkpoint: it loads the weights as they are and widens them inside a Marlin kernel to 16 bit. Memory is saved, but the arithmetic is that of a 16-bit model, and prefill is slower than the scheme promises.',
  source:
    'vllm/model_executor/layers/quantization/utils/marlin_utils_fp8.py: "Your GPU does not have native support for FP8 computation ... Weight-only FP8 compression will be used leveraging the Marlin kernel"',
  examples: {
    passes: [example('ml.g6.xlarge'), example('ml.p5.4xlarge')],
    fails: [
      example('ml.g5.xlarge'),
      example('ml.g4dn.xlarge'),
      {
        model: { config: QWEN3_SMALL },
        container: { family: 'lmi' },
        instanceType: 'ml.g5.xlarge',
        environment: { OPTION_QUANTIZE: 'fp8' },
        options: { maxModelLen: 4096 },
      },
    ],
  },
  evaluate(context) {
    const support = supportOf(context);
    const gpu = gpuOf(context);
    const scheme = servedScheme(context);
    if (support.level !== 'fallback' || support.nativeSm === undefined || gpu === undefined) return [];
    const least = support.nativeSm;
    return [
      found({
        what: `${scheme.name} falls back to weight-only Marlin kernels in ${serverName(context)}: ${scheme.weightType.toUpperCase()} compute needs compute capability ${capability(least)}, so weights are small but arithmetic stays 16 bit`,
        got: gpu.text,
        allowed: `compute capability ${capability(least)} or higher for ${scheme.weightType.toUpperCase()} compute`,
        fix: `use ${newerGpu(context, least)} for the speed, or accept weight-only`,
        path: '/instanceType',
      }),
    ];
  },
};
