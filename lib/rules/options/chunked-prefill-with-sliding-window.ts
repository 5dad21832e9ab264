import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA2_7B, MISTRAL_7B } from '../helpers/samples';
import { argumentOf, isSwitchedOn } from '../helpers/switches';
import type { Rule } from '../types';

const example = (config: object, version: string, environment?: Record<string, string>) => ({
  model: { config },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, enableChunkedPrefill: true },
  environment,
});

export const chunkedPrefillWithSlidingWindow: Rule = {
  id: 'CHUNKED_PREFILL_WITH_SLIDING_WINDOW',
  severity: 'error',
  summary: 'chunked prefill is asked for where this version can do it with a sliding window',
  explanation:
    'The first block manager of vLLM cannot cut the prompt of a model with sliding-window attention: "Chunked prefill is not supported with sliding window. Set --disable-sliding-window to disable sliding window." The second one, the default from 0.6.3 on, can.',
  source: 'vllm/engine/arg_utils.py of 0.4.3 to 0.6.2; sbintuitions/flexeval#76',
  holdsFor: 'vLLM 0.4.3 to 0.6.2',
  server: { engine: 'vllm', since: '0.4.3', before: '0.6.3' },
  examples: {
    passes: [
      example(MISTRAL_7B, '0.6.3'),
      example(LLAMA2_7B, '0.6.2'),
      example(MISTRAL_7B, '0.6.2', { SM_VLLM_DISABLE_SLIDING_WINDOW: '' }),
      example(MISTRAL_7B, '0.6.0', { SM_VLLM_USE_V2_BLOCK_MANAGER: '' }),
    ],
    fails: [example(MISTRAL_7B, '0.6.2'), example(MISTRAL_7B, '0.4.3')],
  },
  evaluate(context) {
    const { model, options } = context;
    if (model?.slidingWindow === undefined || options.enableChunkedPrefill !== true) return [];
    // Models of mixed layers (Gemma 2) are served without their window by these versions.
    const isMixed = model.kv.some(({ kind }) => kind !== 'sliding');
    if (isMixed) return [];
    const isOff =
      isSwitchedOn(context, 'DISABLE_SLIDING_WINDOW') ||
      isSwitchedOn(context, 'USE_V2_BLOCK_MANAGER') ||
      argumentOf(context, 'NUM_SCHEDULER_STEPS') !== undefined;
    if (isOff) return [];
    return [
      found({
        what: `${serverName(context)} does not support chunked prefill with a sliding window (${model.slidingWindow} tokens)`,
        got: 'enableChunkedPrefill true',
        allowed: 'enableChunkedPrefill false',
        fix: 'set enableChunkedPrefill to false, or use an image with vLLM 0.6.3 or newer',
        path: '/options/enableChunkedPrefill',
      }),
    ];
  },
};
