import { parseQuotedJsonObject } from '../../text/json';
import { isVllm, serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { found, type FindingParts } from '../helpers/finding';
import { LLAMA_8B, QWEN3_MOE } from '../helpers/samples';
import { argumentOf, isSwitchedOn } from '../helpers/switches';
import type { Rule, RuleContext } from '../types';

const REDUNDANT_16 = { SM_VLLM_EPLB_CONFIG: '{"num_redundant_experts":16}' };
const ENABLED = { SM_VLLM_ENABLE_EPLB: '' };

const example = (
  environment: object,
  { tensorParallelSize = 4, expertParallel = true, config = QWEN3_MOE as object } = {},
  version?: string,
) => ({
  model: { config },
  container: { family: 'vllm', ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096, tensorParallelSize, expertParallel },
  environment,
});

interface Redundant {
  readonly name: string;
  readonly value: string;
  readonly count: number;
}

/** Copies of experts beyond one of each, and the variable that asks for them: `--eplb-config`, and a flag of its own up to 0.11. */
function redundantExperts(context: RuleContext): Redundant | undefined {
  const config = argumentOf(context, 'EPLB_CONFIG');
  if (config !== undefined) {
    const count = parseQuotedJsonObject(config.value)?.num_redundant_experts;
    return typeof count === 'number' ? { ...config, count } : undefined;
  }
  const own = argumentOf(context, 'NUM_REDUNDANT_EXPERTS');
  const count = Number(own?.value);
  return own === undefined || !isVllm(context, { before: '0.12.0' }) || !Number.isInteger(count)
    ? undefined
    : { ...own, count };
}

/** Why an engine that is to balance its experts stops. */
function refusal(
  context: RuleContext,
  redundant: number,
): (Pick<FindingParts, 'what' | 'allowed'> & { readonly fix?: string; readonly path?: string }) | undefined {
  const { options, model } = context;
  const ranks = options.tensorParallelSize * (options.dataParallelSize ?? 1);
  if (!options.expertParallel && isVllm(context, { since: '0.10.2' }))
    return {
      what: 'balances experts (EPLB) with expert parallelism only',
      allowed: 'expertParallel true',
      fix: 'set expertParallel to true',
      path: '/options/expertParallel',
    };
  if (ranks <= 1 && isVllm(context, { since: '0.10.2' }))
    return {
      what: 'balances experts (EPLB) over several ranks only',
      allowed: 'tensorParallelSize or data parallelism above 1',
    };
  const experts = model?.moe?.experts ?? 0;
  if (experts === 0 || (experts + redundant) % ranks === 0) return undefined;
  return {
    what: `balances experts (EPLB) only where the ${experts} experts${redundant > 0 ? ` and ${redundant} redundant ones` : ''} divide over the ${ranks} ranks`,
    allowed: `num_redundant_experts ${(ranks - (experts % ranks)) % ranks}, or more by steps of ${ranks}`,
    fix: `set num_redundant_experts to ${(ranks - (experts % ranks)) % ranks}`,
  };
}

export const expertBalancingNotPossible: Rule = {
  id: 'EXPERT_BALANCING_NOT_POSSIBLE',
  severity: 'error',
  summary: 'experts are balanced over ranks, and copied, where the server can do so',
  explanation:
    'The expert-parallelism load balancer moves and copies experts between ranks: "enable_expert_parallel must be True to use EPLB", "EPLB requires tensor_parallel_size or data_parallel_size to be greater than 1", and the experts with their copies have to divide over the ranks: "EPLB currently only supports even distribution of experts across ranks". Copies without the balancer are refused: "num_redundant_experts is set to 16 but EPLB is not enabled".',
  source:
    'vllm/config/parallel.py, `__post_init__`; vllm/model_executor/layers/fused_moe/layer.py; vllm-project/vllm#24523, #30215',
  holdsFor: 'vLLM 0.9.2 and later',
  server: { engine: 'vllm', since: '0.9.2' },
  needs: ['environment'],
  examples: {
    passes: [
      example({ ...ENABLED, ...REDUNDANT_16 }),
      example(ENABLED),
      example({ SM_VLLM_EPLB_CONFIG: '{"num_redundant_experts":0}' }),
      example({ SM_VLLM_ENABLE_EPLB: 'false' }, { expertParallel: false }),
      example({}, { config: LLAMA_8B, expertParallel: false }),
    ],
    fails: [
      example(REDUNDANT_16),
      example({ SM_VLLM_NUM_REDUNDANT_EXPERTS: '16' }, {}, '0.10.2'),
      example(ENABLED, { expertParallel: false }),
      example(ENABLED, { tensorParallelSize: 1 }),
      example({ ...ENABLED, SM_VLLM_EPLB_CONFIG: '{"num_redundant_experts":3}' }),
    ],
  },
  evaluate(context) {
    const redundant = redundantExperts(context);
    const enabled = argumentOf(context, 'ENABLE_EPLB');
    if (enabled === undefined || !isSwitchedOn(context, 'ENABLE_EPLB')) {
      if (redundant === undefined || redundant.count === 0) return [];
      return [
        found({
          what: `${serverName(context)} copies experts (num_redundant_experts) only for its balancer (EPLB), which is not enabled`,
          got: shown(redundant.name, redundant.value),
          allowed: 'num_redundant_experts 0, or ENABLE_EPLB',
          fix: `leave ${redundant.name} out, or switch ENABLE_EPLB on`,
          path: `/environment/${redundant.name}`,
        }),
      ];
    }
    const reason = refusal(context, redundant?.count ?? 0);
    if (reason === undefined) return [];
    const { what, ...rest } = reason;
    return [
      found({
        fix: `leave ${enabled.name} out`,
        path: `/environment/${enabled.name}`,
        ...rest,
        what: `${serverName(context)} ${what}`,
        got: shown(enabled.name, enabled.value),
      }),
    ];
  },
};
