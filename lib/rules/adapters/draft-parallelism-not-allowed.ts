import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import { isDraftModel, speculationOf } from '../helpers/speculation';
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

const draftModel = (size: number) => ({
  SM_VLLM_SPECULATIVE_CONFIG: `{"method":"draft_model","model":"meta-llama/Llama-3.2-1B","num_speculative_tokens":4,"draft_tensor_parallel_size":${size}}`,
});

/** The engine V1 cuts a draft model as the model, and nothing else. Source: vllm/v1/spec_decode/draft_model.py, `_raise_if_draft_tp_mismatch`. */
const CUTS_AS_MODEL = { since: '0.15.0' };

export const draftParallelismNotAllowed: Rule = {
  id: 'DRAFT_PARALLELISM_NOT_ALLOWED',
  severity: 'error',
  summary: 'the draft model is on one GPU, or cut as the model is',
  explanation:
    'vLLM runs a draft model on one GPU or on as many as the model itself: "speculative_draft_tensor_parallel_size=2 cannot be other value than 1 or target model tensor_parallel_size". From 0.15 on, which has draft models in the engine V1, a draft model of its own is cut exactly as the model: "Currently, \'draft_tensor_parallel_size\' and \'tensor_parallel_size\' must be the same." Heads such as EAGLE may still stay on one.',
  source:
    'vllm/config/speculative.py, `_verify_and_get_draft_tp`; vllm/v1/spec_decode/draft_model.py, `_raise_if_draft_tp_mismatch`; vllm-project/vllm#10483',
  holdsFor: 'vLLM 0.5.4 and later; 1 for a draft model: 0.15 and later',
  server: { engine: 'vllm', since: '0.5.4' },
  examples: {
    passes: [
      example('0.6.4', old('1')),
      example('0.6.4', old('4')),
      example('0.9.2', config(4)),
      example('0.24.0', config(1)),
      example('0.24.0', draftModel(4)),
    ],
    fails: [example('0.6.4', old('2')), example('0.9.2', config(2)), example('0.24.0', draftModel(1))],
  },
  evaluate(context) {
    const speculation = speculationOf(context);
    const degree = speculation?.draftTensorParallelSize;
    const own = context.options.tensorParallelSize;
    if (speculation === undefined || degree === undefined || degree === own) return [];
    const one = !isVllm(context, CUTS_AS_MODEL) || !isDraftModel(speculation);
    if (degree === 1 && one) return [];
    return [
      found({
        what: `${serverName(context)} runs the draft model on ${one ? 'one GPU or on ' : ''}as many GPUs as the model`,
        got: `draft_tensor_parallel_size ${degree} with tensorParallelSize ${own}`,
        allowed: own === 1 || !one ? `${own}` : `1 or ${own}`,
        fix: 'leave the parallelism of the draft out',
        path: speculation.path,
      }),
    ];
  },
};
