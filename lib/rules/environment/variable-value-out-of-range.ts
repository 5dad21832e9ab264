import { lookup } from '../../text/lookup';
import { boundsOf, type Bounds } from '../helpers/argument-values';
import { isVllm } from '../helpers/engine';
import { shown, variablesOf } from '../helpers/environment';
import { found } from '../helpers/finding';
import { isLeftAlone, passedOn } from '../helpers/passed-on';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (family: string, environment: Record<string, string>, version?: string) => ({
  model: { config: LLAMA_8B },
  container: { family, ...(version === undefined ? {} : { version }) },
  options: { maxModelLen: 4096 },
  environment,
});

interface Range {
  readonly least: number;
  /** First version that is known to refuse; without one all do. */
  readonly since?: string;
  /** A value below the least that the server takes for "as you see fit". */
  readonly auto?: number;
  /** Asked only where LoRA is on. */
  readonly withLora?: boolean;
}

/**
 * Every vLLM stops at these: newer ones at the field ("Input should be greater than or equal to 1"), older ones where they divide by the
 * number or find fewer tokens than sequences. Source: vllm/config/parallel.py, scheduler.py, lora.py, model.py by version.
 */
const vllm: Readonly<Record<string, Range>> = {
  'tensor-parallel-size': { least: 1 },
  'pipeline-parallel-size': { least: 1 },
  'data-parallel-size': { least: 1, since: '0.28.0' },
  'max-num-seqs': { least: 1 },
  'max-num-batched-tokens': { least: 1 },
  'max-loras': { least: 1, withLora: true },
  'max-model-len': { least: 0, auto: -1 },
};

const RANGES: Readonly<Record<string, Readonly<Record<string, Range>>>> = {
  vllm,
  lmi: vllm,
  sglang: { tp: { least: 1 }, 'tp-size': { least: 1 }, 'tensor-parallel-size': { least: 1 } },
  // "invalid value for n_parallel". Source: llama.cpp common/arg.cpp.
  'llama-cpp': { parallel: { least: 1, auto: -1 } },
};

export const variableValueOutOfRange: Rule = {
  id: 'VARIABLE_VALUE_OUT_OF_RANGE',
  severity: 'error',
  summary: 'a degree or a count is one that a server can start with',
  explanation:
    'The entry points hand a variable on as it is. A degree, a number of sequences or a budget of tokens below 1 ends the server before it loads anything: "max_num_seqs: Input should be greater than or equal to 1", or a division by zero in an older one. From 0.16 on vLLM looks so at a good thirty more. -1 means "as you see fit" for the length of vLLM and the slots of llama-server alone.',
  source: 'vllm/config/parallel.py, scheduler.py, lora.py and model.py; llama.cpp common/arg.cpp, --parallel',
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
    const { container, spec } = context;
    const ranges = container === undefined ? undefined : lookup(RANGES, container.family);
    if (ranges === undefined || spec.environment === undefined) return [];
    return [
      ...Object.entries(spec.environment).flatMap(([name, value]) => judge(context, ranges, name, value) ?? []),
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

function isWithin(number: number, { gt, ge, lt, le, with: needs }: Bounds, { options, model }: RuleContext): boolean {
  if (needs === 'lora' && !options.enableLora) return true;
  if (needs === 'media' && model?.multimodal !== true) return true;
  const isLow = (gt !== undefined && number <= gt) || (ge !== undefined && number < ge);
  const isHigh = (lt !== undefined && number >= lt) || (le !== undefined && number > le);
  return !isLow && !isHigh;
}

function limits({ gt, ge, lt, le }: Bounds): string {
  const parts = [
    gt === undefined ? undefined : `more than ${gt}`,
    ge === undefined ? undefined : `${ge} or more`,
    lt === undefined ? undefined : `less than ${lt}`,
    le === undefined ? undefined : `${le} or less`,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

/** The limit itself where it is allowed; a whole step inside it where not, or half way between two that are not. */
function nearestWithin(number: number, { gt, ge, lt, le }: Bounds): number {
  const low = ge ?? gt;
  const isLow = low !== undefined && number <= low;
  if (isLow) return ge ?? ((lt ?? le ?? Infinity) <= 1 ? 0.5 : (gt ?? 0) + 1);
  return le ?? ((lt ?? 2) <= 1 ? (lt ?? 1) / 2 : (lt ?? 2) - 1);
}

/** A number is a whole one and nothing else: what is no number has a rule of its own. */
const WHOLE = /^[+-]?\d+$/;

function judge(
  context: RuleContext,
  ranges: Readonly<Record<string, Range>>,
  name: string,
  value: string,
): RuleFinding | undefined {
  const { container, options } = context;
  if (container === undefined) return undefined;
  const { prefix, find } = variablesOf(container);
  if (prefix === undefined || !name.startsWith(prefix) || !WHOLE.test(value.trim())) return undefined;
  const argument = find(name)?.argument?.replaceAll('_', '-');
  const range = argument === undefined ? undefined : lookup(ranges, argument);
  const number = Number(value);
  if (range === undefined || number >= range.least || number === range.auto) return undefined;
  if (range.since !== undefined && !isVllm(context, { since: range.since })) return undefined;
  if (range.withLora === true && !options.enableLora) return undefined;
  const least = Math.max(range.least, 1);
  return found({
    what: `--${argument} is below what the server starts with`,
    got: shown(name, value),
    allowed: `${least} or more${range.auto === undefined ? '' : `, or ${range.auto}`}`,
    fix: `set ${name} to ${least}, or leave it out`,
    path: `/environment/${name}`,
  });
}
