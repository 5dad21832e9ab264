import { gpuOf } from '../helpers/accelerator';
import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { newerGpu } from '../helpers/newer-gpu';
import { DEEPSEEK_V32 } from '../helpers/samples';
import { isSparse } from '../helpers/sparse';
import type { Rule } from '../types';

const example = (instanceType: string, version = '0.24.0') => ({
  model: { config: DEEPSEEK_V32 },
  container: { family: 'vllm', version },
  instanceType,
  options: { maxModelLen: 4096, tensorParallelSize: 8 },
});

/** The first compute capability × 10 whose kernels vLLM has. */
const LEAST_SM = 90;

export const sparseAttentionNeedsHopper: Rule = {
  id: 'SPARSE_ATTENTION_NEEDS_HOPPER',
  severity: 'error',
  summary: 'a model of sparse latent attention is on GPUs that have kernels for it',
  explanation:
    'DeepSeek-V3.2 and V4 and GLM-5 choose the tokens they attend to, in kernels that vLLM has for Hopper and Blackwell only (FlashMLA, DeepGEMM, FlashInfer). On an A100 no attention backend is valid, or DeepGEMM stops with "Unsupported architecture". Ports to Ampere are asked for and not released.',
  source:
    'vllm/v1/attention/backends/mla/flashmla_sparse.py, `supports_compute_capability`; vllm-project/vllm#40851, vllm-project/vllm#57144',
  holdsFor: 'every version up to 0.33',
  server: { engine: 'vllm' },
  examples: {
    passes: [example('ml.p5.48xlarge'), example('ml.p6-b200.48xlarge')],
    fails: [example('ml.p4de.24xlarge'), example('ml.g6e.48xlarge')],
  },
  evaluate(context) {
    const { model } = context;
    const gpu = gpuOf(context);
    if (model === undefined || gpu === undefined || gpu.sm >= LEAST_SM || !isSparse(model)) return [];
    return [
      found({
        what: `the sparse attention of ${model.architecture} needs compute capability 9.0 or higher in ${serverName(context)}`,
        got: gpu.text,
        allowed: 'Hopper or Blackwell GPUs (ml.p5, ml.p6)',
        fix: `use ${newerGpu(context, LEAST_SM)}`,
        path: '/instanceType',
      }),
    ];
  },
};
