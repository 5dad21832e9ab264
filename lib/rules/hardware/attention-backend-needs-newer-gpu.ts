import { capability } from '../../scheme';
import { gpuOf } from '../helpers/accelerator';
import { isVllm, serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { newerGpu } from '../helpers/newer-gpu';
import { DEEPSEEK_V3, GEMMA2_2B, QWEN3_SMALL, type Json } from '../helpers/samples';
import { attentionBackend } from '../helpers/switches';
import { ATTENTION_BACKEND_GPUS } from '../helpers/vllm-limits';
import type { Rule } from '../types';

const example = (
  instanceType: string,
  environment: Record<string, string>,
  version: string,
  config: Json = QWEN3_SMALL,
) => ({
  model: { config },
  container: { family: 'vllm', version },
  instanceType,
  options: { maxModelLen: 4096, dtype: 'float16' },
  environment,
});

const FLASHINFER = { VLLM_ATTENTION_BACKEND: 'FLASHINFER' };
const FLASH_ATTN = { SM_VLLM_ATTENTION_BACKEND: 'FLASH_ATTN' };

export const attentionBackendNeedsNewerGpu: Rule = {
  id: 'ATTENTION_BACKEND_NEEDS_NEWER_GPU',
  severity: 'error',
  summary: 'the attention backend that is named runs on GPUs this old',
  explanation:
    'vLLM picks an attention backend that the GPU has, and from 0.11.1 on stops at one that it has not: "Selected backend FLASH_ATTN is not valid for this configuration. Reason: [compute capability not supported]". FlashAttention needs 8.0, and FlashInfer 7.5, or 8.0 from 0.24 on. The FlashInfer of the V0 engine needed 8.0 as well, since it measures the memory of a first run with FlashAttention: "FlashAttention only supports Ampere GPUs or newer."',
  source:
    'vllm/attention/backends/flashinfer.py and `supports_compute_capability` in vllm/v1/attention/backends by version; vllm-project/vllm#8091, #9922, #47549',
  holdsFor: 'FlashInfer: vLLM 0.4.2 to 0.10.1, and 0.11.1 and later; FlashAttention: 0.11.1 and later',
  needs: ['environment'],
  examples: {
    passes: [
      example('ml.g5.2xlarge', FLASHINFER, '0.5.5', GEMMA2_2B),
      example('ml.g4dn.2xlarge', FLASHINFER, '0.12.0'),
      example('ml.g4dn.2xlarge', { VLLM_ATTENTION_BACKEND: 'FLASH_ATTN' }, '0.6.3'),
      example('ml.g4dn.2xlarge', FLASHINFER, '0.24.0'),
      example('ml.g4dn.2xlarge', { SM_VLLM_ATTENTION_BACKEND: 'TRITON_ATTN' }, '0.24.0'),
      example('ml.g4dn.2xlarge', FLASH_ATTN, '0.24.0', DEEPSEEK_V3),
    ],
    fails: [
      example('ml.g4dn.2xlarge', FLASHINFER, '0.5.5', GEMMA2_2B),
      example('ml.g4dn.2xlarge', FLASHINFER, '0.9.2'),
      example('ml.g4dn.2xlarge', { SM_VLLM_ATTENTION_BACKEND: 'FLASHINFER' }, '0.24.0'),
      example('ml.g4dn.2xlarge', FLASH_ATTN, '0.18.0'),
    ],
  },
  evaluate(context) {
    const { model } = context;
    const gpu = gpuOf(context);
    const asked = attentionBackend(context);
    // Latent attention has backends of its own, which the same names may stand for.
    if (model === undefined || model.mla !== undefined || gpu === undefined || asked === undefined) return [];
    const backend = asked.value.toUpperCase();
    const limit = ATTENTION_BACKEND_GPUS.find((row) => row.name === backend && isVllm(context, row));
    if (limit === undefined || gpu.sm >= limit.least) return [];
    const because = limit.because === undefined ? '' : `, as ${limit.because}`;
    return [
      found({
        what: `the attention backend ${backend} of ${serverName(context)} needs compute capability ${capability(limit.least)} or higher${because}`,
        got: `${shown(asked.name, asked.value)} on ${gpu.text}`,
        allowed: `a GPU of compute capability ${capability(limit.least)} or higher`,
        fix: `leave ${asked.name} out, or use ${newerGpu(context, limit.least)}`,
        path: `/environment/${asked.name}`,
      }),
    ];
  },
};
