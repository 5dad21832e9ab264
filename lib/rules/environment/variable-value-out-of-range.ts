import { rangeOf, RANGES_SOURCE } from '../helpers/argument-ranges';
import { boundsOf, type Bounds } from '../helpers/argument-values';
import { isVllm } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { settingVariables } from '../helpers/example';
import { found } from '../helpers/finding';
import { argumentsOf, isLeftAlone, passedOn, type PassedOn } from '../helpers/passed-on';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = settingVariables(LLAMA_8B);

export const variableValueOutOfRange: Rule = {
  id: 'VARIABLE_VALUE_OUT_OF_RANGE',
  severity: 'error',
  summary: 'a degree or a count is one that a server can start with',
  explanation:
    'The entry points hand a variable on as it is. A degree, a number of sequences or a budget of tokens below 1 ends the server before it loads anything: "max_num_seqs: Input should be greater than or equal to 1", or a division by zero in an older one. From 0.16 on vLLM looks so at a good thirty more. -1 means "as you see fit" for the length of vLLM and the slots of llama-server alone.',
  source: RANGES_SOURCE,
  examples: {
    passes: [
      example('vllm', { SM_VLLM_MAX_NUM_SEQS: '1', SM_VLLM_MAX_MODEL_LEN: '-1', SM_VLLM_MAX_LORAS: '0' }),
      example('vllm', { SM_VLLM_DATA_PARALLEL_SIZE: '0' }, '0.11.0'),
      example('llama-cpp', { SM_LLAMA_CPP_PARALLEL: '-1' }),
      example('lmi', { OPTION_MAX_NUM_SEQS: '${Token[TOKEN.12]}' }),
      example('vllm', { SM_VLLM_CPU_OFFLOAD_GB: '0', SM_VLLM_STREAM_INTERVAL: '8' }),
      example('vllm', { SM_VLLM_STREAM_INTERVAL: '0' }, '0.15.1'),
    ],
    fails: [
      example('vllm', { SM_VLLM_TENSOR_PARALLEL_SIZE: '0' }),
      example('vllm', { SM_VLLM_MAX_NUM_SEQS: '0' }, '0.8.5'),
      example('vllm', { SM_VLLM_MAX_NUM_BATCHED_TOKENS: '-1' }),
      example('vllm', { SM_VLLM_MAX_MODEL_LEN: '-5' }),
      example('vllm', { SM_VLLM_ENABLE_LORA: 'true', SM_VLLM_MAX_LORAS: '0' }),
      example('vllm', { SM_VLLM_STREAM_INTERVAL: '0' }),
      example('lmi', { OPTION_CPU_OFFLOAD_GB: '-4' }),
      example('sglang', { SM_SGLANG_TP_SIZE: '0' }),
      example('llama-cpp', { SM_LLAMA_CPP_PARALLEL: '0' }),
    ],
  },
  evaluate(context) {
    const { container } = context;
    if (container === undefined) return [];
    return [
      ...argumentsOf(context).flatMap((set) => belowLeast(context, container.family, set) ?? []),
      ...outOfBounds(context),
    ];
  },
};

/** Numbers that vLLM’s configuration classes have limits of their own for, from 0.16 on. */
function outOfBounds(context: RuleContext): readonly RuleFinding[] {
  const version = context.container?.engine === 'vllm' ? context.container.engineVersion : undefined;
  if (version === undefined) return [];
  return passedOn(context).flatMap(({ variable, argument, value }) => {
    const bounds = isLeftAlone(value) ? undefined : boundsOf(argument, version);
    const number = Number(value);
    if (bounds === undefined || Number.isNaN(number) || bounds.some((one) => isWithin(number, one, context))) return [];
    return [
      found({
        what: `--${argument} is outside what the server starts with`,
        got: shown(variable, value),
        allowed: limits(bounds[0]),
        fix: `set ${variable} to ${nearestWithin(number, bounds[0])}, or leave it out`,
        path: `/environment/${variable}`,
      }),
    ];
  });
}

function isWithin(number: number, bounds: Bounds, { options, model }: RuleContext): boolean {
  if (bounds.with === 'lora' && !options.enableLora) return true;
  if (bounds.with === 'media' && model?.multimodal !== true) return true;
  // Nothing is above or below NaN, which stands for a limit that there is not.
  const { gt = NaN, ge = NaN, lt = NaN, le = NaN } = bounds;
  return !(number <= gt || number < ge || number >= lt || number > le);
}

const LIMITS: readonly (readonly [name: 'gt' | 'ge' | 'lt' | 'le', words: (limit: number) => string])[] = [
  ['gt', (limit) => `more than ${limit}`],
  ['ge', (limit) => `${limit} or more`],
  ['lt', (limit) => `less than ${limit}`],
  ['le', (limit) => `${limit} or less`],
];

function limits(bounds: Bounds): string {
  return LIMITS.flatMap(([name, words]) => (bounds[name] === undefined ? [] : [words(bounds[name])])).join(', ');
}

/** The limit itself where it is allowed; where not, half way to the other one, or a whole step inside. */
function nearestWithin(number: number, { gt, ge, lt, le }: Bounds): number {
  const least = ge ?? gt ?? -Infinity;
  const most = le ?? lt ?? Infinity;
  const isLow = number <= least;
  const allowed = isLow ? ge : le;
  if (allowed !== undefined) return allowed;
  const middle = (least + most) / 2;
  return Number.isFinite(middle) ? middle : isLow ? least + 1 : most - 1;
}

/** A number is a whole one and nothing else: what is no number has a rule of its own. */
const WHOLE = /^[+-]?\d+$/;

function belowLeast(
  context: RuleContext,
  family: string,
  { variable, value, argument }: PassedOn,
): RuleFinding | undefined {
  const range = WHOLE.test(value.trim()) ? rangeOf(family, argument) : undefined;
  const number = Number(value);
  if (range === undefined || number >= range.least || number === range.auto) return undefined;
  if (range.since !== undefined && !isVllm(context, { since: range.since })) return undefined;
  if (range.withLora === true && !context.options.enableLora) return undefined;
  const least = Math.max(range.least, 1);
  return found({
    what: `--${argument} is below what the server starts with`,
    got: shown(variable, value),
    allowed: `${least} or more${range.auto === undefined ? '' : `, or ${range.auto}`}`,
    fix: `set ${variable} to ${least}, or leave it out`,
    path: `/environment/${variable}`,
  });
}
