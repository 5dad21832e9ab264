import { gpuOf } from '../helpers/accelerator';
import { found } from '../helpers/finding';
import { newerGpu } from '../helpers/newer-gpu';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (instanceType: string, version?: string) => ({
  model: { config: QWEN3_SMALL },
  container: { family: 'lmi', ...(version === undefined ? {} : { version }) },
  instanceType,
  options: { maxModelLen: 4096, dtype: 'float16' },
});

/** CUDA 13.0 dropped Maxwell, Pascal and Volta. */
const LEAST_SM = 75;

export const cuda13WithoutVolta: Rule = {
  id: 'CUDA_13_WITHOUT_VOLTA',
  severity: 'error',
  summary: 'a CUDA 13 image does not meet a V100',
  explanation:
    'CUDA 13.0 can no longer compile for compute capability below 7.5, so an image built with it holds no code for a V100 (7.0), and its first kernel fails: "CUDA error: no kernel image is available for execution on the device". Images built with CUDA 12 are the only ones for ml.p3.',
  source:
    'NVIDIA CUDA Toolkit 13.0 release notes, "Deprecated architectures": Maxwell, Pascal and Volta removed; mudler/LocalAI#9948, vllm-project/vllm#39878',
  examples: {
    passes: [example('ml.g4dn.xlarge'), example('ml.p3.2xlarge', '0.34.0-lmi16.0.0-cu128')],
    fails: [example('ml.p3.2xlarge')],
  },
  evaluate(context) {
    const gpu = gpuOf(context);
    if (gpu === undefined || gpu.sm >= LEAST_SM || (context.container?.cuda ?? 0) < 130) return [];
    return [
      found({
        what: 'CUDA 13 images hold no code for GPUs below compute capability 7.5',
        got: gpu.text,
        allowed: 'compute capability 7.5 or higher, or an image with CUDA 12',
        fix: `use an image version built with CUDA 12, or ${newerGpu(context, LEAST_SM)}`,
        path: '/container/version',
      }),
    ];
  },
};
