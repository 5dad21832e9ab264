import { serverName } from '../helpers/engine';
import { found } from '../helpers/finding';
import { LLAMA_8B, QWEN3_MOE } from '../helpers/samples';
import type { Rule } from '../types';

const example = (version: string, expertParallel: boolean, enableLora = true) => ({
  model: { config: QWEN3_MOE },
  container: { family: 'vllm', version },
  options: { maxModelLen: 4096, enableLora, expertParallel, tensorParallelSize: 2 },
});

export const loraWithExpertParallel: Rule = {
  id: 'LORA_WITH_EXPERT_PARALLEL',
  severity: 'error',
  summary: 'LoRA on experts and expert parallelism meet a version that can do both',
  explanation:
    'From 0.11.1, when vLLM learned LoRA on experts, up to 0.20 it stops with "EP support for Fused MoE LoRA is not implemented yet."',
  source: 'vllm/lora/layers/fused_moe.py of 0.11.1 to 0.20.1',
  holdsFor: 'vLLM 0.11.1 to 0.20',
  server: { engine: 'vllm', since: '0.11.1', before: '0.21.0' },
  examples: {
    passes: [
      example('0.15.1', false),
      example('0.21.0', true),
      example('0.11.0', true),
      example('0.15.1', true, false),
      { ...example('0.15.1', true), model: { config: LLAMA_8B } },
    ],
    fails: [example('0.20.1', true), example('0.11.1', true)],
  },
  evaluate(context) {
    const { model, options } = context;
    if (!options.enableLora || !options.expertParallel || model?.moe === undefined) return [];
    return [
      found({
        what: `${serverName(context)} does not support LoRA with expert parallelism`,
        got: 'enableLora with expertParallel',
        allowed: 'one of the two',
        fix: 'leave expertParallel out, or use an image with vLLM 0.21 or newer',
        path: '/options/expertParallel',
      }),
    ];
  },
};
