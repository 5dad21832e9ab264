import { isVllm, serverName } from '../helpers/engine';
import { anyOf, found } from '../helpers/finding';
import { LLAMA_8B, QWEN3_MOE } from '../helpers/samples';
import { isSwitchedOn } from '../helpers/switches';
import type { Rule, RuleContext } from '../types';

const example = (maxLoraRank: number, version?: string, enableLora = true) => ({
  model: { config: LLAMA_8B },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096, enableLora, maxLoraRank },
});

/** Source: vllm/config/lora.py, `possible_max_ranks` of 0.3 to 0.11.0, `MaxLoRARanks` since. */
function ranksOf(context: RuleContext): readonly number[] {
  const ranks = [8, 16, 32, 64];
  if (isVllm(context, { since: '0.5.5' })) ranks.push(128, 256);
  if (isVllm(context, { since: '0.8.0' })) ranks.push(320, 512);
  if (isVllm(context, { since: '0.11.1' })) ranks.unshift(1);
  return ranks.filter((rank) => rank <= HIGHEST_OF_EXPERTS || !adaptsExpertsAtOnce(context));
}

/** One kernel adapts all experts at once, and holds ranks up to this. Source: vllm/lora/ops/triton_ops/fused_moe_lora_op.py of 0.22.0 to 0.31.0. */
const HIGHEST_OF_EXPERTS = 128;

function adaptsExpertsAtOnce(context: RuleContext): boolean {
  return (
    context.model?.moe !== undefined &&
    isVllm(context, { since: '0.22.0', before: '0.32.0' }) &&
    !isSwitchedOn(context, 'FULLY_SHARDED_LORAS')
  );
}

export const loraRankNotAllowed: Rule = {
  id: 'LORA_RANK_NOT_ALLOWED',
  severity: 'error',
  summary: 'maxLoraRank is one of the ranks this version has kernels for',
  explanation:
    'vLLM sets up LoRA slots of one rank and takes a few values only: "max_lora_rank (24) must be one of (8, 16, 32, 64)". Adapters of a lower rank fit into a higher slot, so take the next one up. The kernel that adapts experts stops above 128: "fused_moe_lora_one_shot supports max_lora_rank<=128".',
  source: 'vllm/config/lora.py and vllm/lora/ops/triton_ops/fused_moe_lora_op.py by version; vllm-project/vllm#55158',
  holdsFor: 'up to 64: vLLM < 0.5.5; up to 256: < 0.8; up to 512 since; experts up to 128: 0.22.0 to 0.31',
  server: { engine: 'vllm', since: '0.3.0' },
  examples: {
    passes: [
      example(64, '0.4.3'),
      example(256, '0.5.5'),
      example(512, '0.8.0'),
      example(1, '0.11.1'),
      example(320),
      example(24, '0.2.7'),
      example(24, undefined, false),
      { ...example(128, '0.28.0'), model: { config: QWEN3_MOE } },
      { ...example(256, '0.20.1'), model: { config: QWEN3_MOE } },
      {
        ...{ ...example(256, '0.28.0'), model: { config: QWEN3_MOE } },
        environment: { SM_VLLM_FULLY_SHARDED_LORAS: '' },
      },
    ],
    fails: [
      example(24),
      example(128, '0.5.4'),
      example(320, '0.7.3'),
      example(1, '0.11.0'),
      example(1024),
      example(128, '0.3.0'),
      { ...example(256, '0.28.0'), model: { config: QWEN3_MOE } },
    ],
  },
  evaluate(context) {
    const { options } = context;
    if (!options.enableLora) return [];
    const ranks = ranksOf(context);
    const rank = options.maxLoraRank;
    if (ranks.includes(rank)) return [];
    const next = ranks.find((other) => other > rank);
    return [
      found({
        what: `${serverName(context)} has no LoRA slots of that rank`,
        got: `maxLoraRank ${rank}`,
        allowed: anyOf(ranks),
        fix:
          next === undefined
            ? `use adapters of rank ${ranks[ranks.length - 1]} or less, or a newer image`
            : `set maxLoraRank to ${next}`,
        path: '/options/maxLoraRank',
      }),
    ];
  },
};
