import { isVllm, serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { anyOf, found } from '../helpers/finding';
import { GEMMA_4, LLAMA_8B, type Json } from '../helpers/samples';
import { attentionBackend } from '../helpers/switches';
import type { Rule, RuleContext } from '../types';

const example = (config: Json, environment: Record<string, string>, version: string) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, maxNumBatchedTokens: 4096 },
  environment,
});

/** Source: `get_supported_head_sizes` of vllm/v1/attention/backends/flashinfer.py. */
function headSizes(context: RuleContext): readonly number[] {
  return isVllm(context, { since: '0.22.0' }) ? [64, 128, 256, 512] : [64, 128, 256];
}

export const attentionBackendHeadSize: Rule = {
  id: 'ATTENTION_BACKEND_HEAD_SIZE',
  severity: 'error',
  summary: 'the attention backend that is named has kernels for the size of the heads',
  explanation:
    'vLLM picks an attention backend that has the model’s head size. FlashInfer has kernels for 64, 128 and 256 (from 0.22 on for 512 as well), and naming it for another size stops the engine: "Selected backend FLASHINFER is not valid for this configuration. Reason: [head_size not supported]". Gemma 4 has heads of 512 in its global layers.',
  source: 'vllm/v1/attention/backends/flashinfer.py, `get_supported_head_sizes`; vllm-project/vllm#40677',
  holdsFor: 'vLLM 0.8.5 and later',
  server: { engine: 'vllm', since: '0.8.5' },
  needs: ['environment'],
  examples: {
    passes: [
      example(LLAMA_8B, { SM_VLLM_ATTENTION_BACKEND: 'FLASHINFER' }, '0.19.1'),
      example(GEMMA_4, { SM_VLLM_ATTENTION_BACKEND: 'TRITON_ATTN' }, '0.19.1'),
      example(GEMMA_4, { SM_VLLM_ATTENTION_BACKEND: 'FLASHINFER' }, '0.22.1'),
    ],
    fails: [
      example(GEMMA_4, { SM_VLLM_ATTENTION_BACKEND: 'FLASHINFER' }, '0.19.1'),
      example({ ...LLAMA_8B, head_dim: 96 }, { VLLM_ATTENTION_BACKEND: 'FLASHINFER' }, '0.11.2'),
    ],
  },
  evaluate(context) {
    const { model } = context;
    const asked = attentionBackend(context);
    if (model === undefined || asked === undefined || !/^FLASHINFER(_VLLM_V1)?$/i.test(asked.value)) return [];
    const known = headSizes(context);
    const attending = model.kv.filter(({ kind }) => kind === 'full' || kind === 'sliding' || kind === 'chunked');
    const missing = attending.map(({ keyDim }) => keyDim).find((size) => !known.includes(size));
    if (missing === undefined) return [];
    return [
      found({
        what: `FlashInfer in ${serverName(context)} has no kernels for heads of ${missing}`,
        got: `${shown(asked.name, asked.value)} with a head size of ${missing}`,
        allowed: `head sizes ${anyOf(known)}`,
        fix: `leave ${asked.name} out`,
        path: `/environment/${asked.name}`,
      }),
    ];
  },
};
