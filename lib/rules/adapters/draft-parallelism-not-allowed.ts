import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import { speculationOf } from '../helpers/speculation';
import type { Rule } from '../types';

const example = (version: string, environment: Record<string, string>, tensorParallelSize = 4) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, tensorParallelSize },
  environment,
});

const old = (SM_VLLM_SPECULATIVE_DRAFT_TENSOR_PARALLEL_SIZE: string) => ({
  SM_VLLM_SPECULATIVE_MODEL: 'meta-llama/Llama-3.2-1B',
  SM_VLLM_NUM_SPECULATIVE_TOKENS: '4',
  SM_VLLM_SPECULATIVE_DRAFT_TENSOR_PARALLEL_SIZE,
});

const config = (size: number) => ({
  SM_VLLM_SPECULATIVE_CONFIG: `{"method":"eagle","model":"yuhuili/EAGLE-LLaMA3-Instruct-8B","num_speculative_tokens":4,"draft_tensor_parallel_size":${size}}`,
});

export const draftParallelismNotAllowed: Rule = {
  id: 'DRAFT_PARALLELISM_NOT_ALLOWED',
  severity: 'error',
  summary: 'the draft model is on one GPU, or cut as the model is',
  explanation:
    'vLLM runs a draft model on one GPU or on as many as the model itself: "speculative_draft_tensor_parallel_size=2 cannot be other value than 1 or target model tensor_parallel_size".',
  source: 'vllm/config/speculative.py, `_verify_and_get_draft_tp`; vllm-project/vllm#10483',
  holdsFor: 'vLLM 0.5.4 and later',
  examples: {
    passes: [example('0.6.4', old('1')), example('0.6.4', old('4')), example('0.9.2', config(4))],
    fails: [example('0.6.4', old('2')), example('0.9.2', config(2))],
  },
  evaluate(context) {
    const speculation = speculationOf(context);
    const degree = speculation?.draftTensorParallelSize;
    const own = context.options.tensorParallelSize;
    if (speculation === undefined || degree === undefined || degree === 1 || degree === own) return [];
    if (!isVllm(context, { since: '0.5.4' })) return [];
    return [
      found({
        what: `${serverName(context)} runs the draft model on one GPU or on as many as the model`,
        got: `draft_tensor_parallel_size ${degree} with tensorParallelSize ${own}`,
        allowed: own === 1 ? '1' : `1 or ${own}`,
        fix: 'leave the parallelism of the draft out',
        path: speculation.path,
      }),
    ];
  },
};
