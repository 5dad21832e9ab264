import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA2_7B } from '../helpers/samples';
import type { Rule } from '../types';

const example = (version: string, enableChunkedPrefill: boolean, enableLora = true) => ({
  model: { config: LLAMA2_7B },
  container: { family: 'vllm', version },
  options: { maxModelLen: 2048, enableLora, enableChunkedPrefill },
});

export const loraWithChunkedPrefill: Rule = {
  id: 'LORA_WITH_CHUNKED_PREFILL',
  severity: 'error',
  summary: 'LoRA and chunked prefill meet a version that can do both',
  explanation: 'From vLLM 0.5.1 to 0.6.4: "LoRA is not supported with chunked prefill yet."',
  source: 'vllm/config.py of 0.5.1 to 0.6.4, LoRAConfig.verify_with_scheduler_config',
  holdsFor: 'vLLM 0.5.1 to 0.6.4',
  server: { engine: 'vllm', since: '0.5.1', before: '0.6.5' },
  examples: {
    passes: [example('0.6.3', false), example('0.6.5', true), example('0.5.0', true), example('0.6.3', true, false)],
    fails: [example('0.6.4', true), example('0.5.1', true)],
  },
  evaluate(context) {
    const { options } = context;
    if (!options.enableLora || options.enableChunkedPrefill !== true) return [];
    return [
      found({
        what: `${serverName(context)} does not support LoRA with chunked prefill`,
        got: 'enableLora with enableChunkedPrefill',
        allowed: 'one of the two',
        fix: 'set enableChunkedPrefill to false, or use an image with vLLM 0.6.5 or newer',
        path: '/options/enableChunkedPrefill',
      }),
    ];
  },
};
