import { isVllm, serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA2_7B } from '../helpers/samples';
import { speculationOf } from '../helpers/speculation';
import type { Rule } from '../types';

const example = (version: string, enableChunkedPrefill: boolean) => ({
  model: { config: LLAMA2_7B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 2048, enableChunkedPrefill },
  speculative: { method: 'ngram', tokens: 4 },
});

export const speculativeWithChunkedPrefill: Rule = {
  id: 'SPECULATIVE_WITH_CHUNKED_PREFILL',
  severity: 'error',
  summary: 'speculative decoding and chunked prefill meet a version that can do both',
  explanation: 'Up to vLLM 0.6.3: "Speculative decoding and chunked prefill are currently mutually exclusive".',
  source: 'vllm/config.py of 0.4.1 to 0.6.3',
  holdsFor: 'vLLM 0.4.1 to 0.6.3',
  examples: {
    passes: [
      example('0.6.3', false),
      example('0.6.4', true),
      example('0.4.0', true),
      { ...example('0.6.3', true), speculative: undefined },
    ],
    fails: [example('0.6.3', true), example('0.4.1', true)],
  },
  evaluate(context) {
    const { options } = context;
    if (
      speculationOf(context) === undefined ||
      options.enableChunkedPrefill !== true ||
      !isVllm(context, { since: '0.4.1', before: '0.6.4' })
    )
      return [];
    return [
      found({
        what: `speculative decoding and chunked prefill exclude each other in ${serverName(context)}`,
        got: 'speculative with enableChunkedPrefill',
        allowed: 'one of the two',
        fix: 'set enableChunkedPrefill to false, or use an image with vLLM 0.6.4 or newer',
        path: '/options/enableChunkedPrefill',
      }),
    ];
  },
};
