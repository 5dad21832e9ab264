import { argumentVariable } from '../../endpoint/vllm-argument';
import { smOf } from '../helpers/accelerator';
import {
  CONFLICTS_SOURCE,
  conflictsOfArgument,
  conflictsOfOptions,
  type Against,
  type Condition,
  type Conflict,
} from '../helpers/argument-conflicts';
import { inRange } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { isLeftAlone, jsonObject, passedOn, type PassedOn } from '../helpers/passed-on';
import { DEEPSEEK_V3, LLAMA_8B, QWEN3_SMALL } from '../helpers/samples';
import { speculationOf } from '../helpers/speculation';
import { prefixCachingAsked } from '../helpers/switches';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (family: string, environment: Record<string, string>, version: string, more: object = {}) => ({
  model: { config: QWEN3_SMALL },
  container: { family, version },
  options: { maxModelLen: 4096 },
  environment,
  ...more,
});

const SPECULATION = '{"method":"ngram","num_speculative_tokens":4}';

export const argumentsRefusedTogether: Rule = {
  id: 'ARGUMENTS_REFUSED_TOGETHER',
  severity: 'error',
  summary: 'arguments go with each other, as the server itself checks before it loads anything',
  explanation:
    'vLLM and SGLang compare their arguments when they start, and stop where two of them cannot be had together, or one lacks the other: "Please specify kv_role when kv_connector is set", "attention_backend and attention_config.backend are mutually exclusive", "chunked_prefill_size must be divisible by page_size". Each of these checks came with a version, and some went with one.',
  source: CONFLICTS_SOURCE,
  holdsFor: 'each check has its own range of versions',
  examples: {
    passes: [
      example('vllm', { SM_VLLM_KV_TRANSFER_CONFIG: '{"kv_connector":"X","kv_role":"kv_both"}' }, '0.30.0'),
      example('vllm', { SM_VLLM_LONG_PREFILL_TOKEN_THRESHOLD: '16384' }, '0.26.0'),
      example('sglang', { SM_SGLANG_CHUNKED_PREFILL_SIZE: '-1', SM_SGLANG_PAGE_SIZE: '16' }, '0.5.20'),
      example('sglang', { SM_SGLANG_SERVED_MODEL_NAME: 'qwen3:8b' }, '0.5.5'),
      example(
        'vllm',
        { SM_VLLM_SPECULATIVE_CONFIG: SPECULATION, SM_VLLM_ASYNC_SCHEDULING: '${Token[TOKEN.12]}' },
        '0.30.0',
      ),
    ],
    fails: [
      example('vllm', { SM_VLLM_KV_TRANSFER_CONFIG: '{"kv_connector":"X"}' }, '0.30.0'),
      example('vllm', { SM_VLLM_SPECULATIVE_CONFIG: SPECULATION, SM_VLLM_ASYNC_SCHEDULING: 'true' }, '0.30.0'),
      example('vllm', { SM_VLLM_LONG_PREFILL_TOKEN_THRESHOLD: '16384' }, '0.28.0'),
      example('vllm', { SM_VLLM_ATTENTION_BACKEND: 'FLASHMLA' }, '0.30.0', { model: { config: LLAMA_8B } }),
      example('lmi', { OPTION_COLLECT_DETAILED_TRACES: 'all' }, '0.36.0-lmi27'),
      example('sglang', { SM_SGLANG_CHUNKED_PREFILL_SIZE: '1000', SM_SGLANG_PAGE_SIZE: '16' }, '0.5.20'),
      example('sglang', { SM_SGLANG_SERVED_MODEL_NAME: 'qwen3:8b' }, '0.5.6'),
      example('vllm', {}, '0.30.0', {
        options: { maxModelLen: 4096, kvCacheDtype: 'nvfp4' },
        model: { config: DEEPSEEK_V3 },
      }),
      example('sglang', { SM_SGLANG_LIMIT_MM_DATA_PER_REQUEST: '{"images":2}' }, '0.5.20'),
    ],
  },
  evaluate(context) {
    const { container } = context;
    if (container?.engineVersion === undefined || container.family === 'custom') return [];
    const { engine, engineVersion: version } = container;
    const passed = passedOn(context);
    const set = new Map(passed.map((one) => [one.argument, one] as const));
    const candidates = [
      ...conflictsOfOptions(engine),
      ...passed.flatMap(({ argument }) => conflictsOfArgument(engine, argument)),
    ];
    return candidates.flatMap((conflict) =>
      inRange(version, conflict.versions) && conflict.all.every((condition) => holds(context, set, condition))
        ? [refused(context, set, conflict)]
        : [],
    );
  },
};

type Given = ReadonlyMap<string, PassedOn>;

function setting(set: Given, operand: string): PassedOn | undefined {
  const names = operand.split(':', 1)[0];
  if (!names.includes('|')) return set.get(names);
  for (const name of names.split('|')) if (set.has(name)) return set.get(name);
  return undefined;
}

/** What a flag, a field or an option says; undefined where nothing does. */
function valueOf(context: RuleContext, set: Given, operand: string): unknown {
  if (operand.startsWith('@')) return OPTIONS[operand]?.(context);
  const own = setting(set, operand);
  if (own === undefined) return undefined;
  const field = operand.split(':')[1];
  return field === undefined ? own.value.trim() : jsonObject(own.value)?.[field];
}

const flag = (value: boolean | undefined): string | undefined => (value === undefined ? undefined : String(value));

/** Models that vLLM serves with latent attention; others have the ranks in their config, and are served without it. Source: vllm, `is_deepseek_mla`. */
const LATENT = /^(deepseek_(v2|v3|v32)|kimi_k2|kimi_linear|glm_moe_dsa|glm4_moe_lite|longcat_flash)$/;

/** undefined: not known, or switched off by vLLM’s own variable. */
function isLatent({ model, spec }: RuleContext): boolean | undefined {
  if (model === undefined || spec.environment?.VLLM_MLA_DISABLE !== undefined) return undefined;
  if (model.mla === undefined && model.textConfig.kv_lora_rank === undefined) return false;
  return model.mla !== undefined && LATENT.test(String(model.textConfig.model_type)) ? true : undefined;
}

const OPTIONS: Readonly<Record<string, (context: RuleContext) => unknown>> = {
  '@maxModelLen': ({ options }) => options.maxModelLen,
  '@loadFormat': ({ options }) => options.loadFormat,
  '@kvCacheDtype': ({ options }) => options.kvCacheDtype,
  '@tensorParallelSize': ({ options }) => options.tensorParallelSize,
  '@pipelineParallelSize': ({ options }) => options.pipelineParallelSize,
  '@enableLora': ({ options }) => flag(options.enableLora),
  '@prefixCaching': (context) => flag(prefixCachingAsked(context)),
  '@sm': (context) => smOf(context),
  '@latent': (context) => flag(isLatent(context)),
  '@multimodal': ({ model }) => (model === undefined ? undefined : flag(model.multimodal)),
  '@encoder': ({ model }) => (model === undefined ? undefined : flag(model.kind === 'encoder')),
  '@tokensOfStep': ({ options }) => options.maxNumBatchedTokens,
  '@tokensOfSequences': (context) => {
    const guessed = speculationOf(context)?.tokens;
    const { maxNumSeqs } = context.options;
    return guessed === undefined || maxNumSeqs === undefined ? undefined : maxNumSeqs * (guessed + 1);
  },
};

const isOn = (value: unknown): boolean => value === true || value === '' || /^true$/i.test(String(value));
const isOff = (value: unknown): boolean => value === false || /^false$/i.test(String(value));

const numeric = (value: unknown): number =>
  typeof value === 'number' ? value : typeof value === 'string' && value !== '' ? Number(value) : NaN;

/** What of a value is text: the value, or the items of a list. */
const texts = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? (value as readonly unknown[]) : [value]).filter((item) => typeof item === 'string');

const words = (against: Against): readonly string[] => (Array.isArray(against) ? (against as readonly string[]) : []);

function holds(context: RuleContext, set: Given, [operand, test, against]: Condition): boolean {
  const value = valueOf(context, set, operand);
  const isKnown =
    value !== undefined && value !== null && !(typeof value === 'string' && value !== '' && isLeftAlone(value));
  switch (test) {
    case 'set':
      return isKnown && value !== '';
    case 'unset':
      return value === undefined || value === null;
    case 'on':
      return isKnown && isOn(value);
    case 'notOn':
      return value === undefined || isOff(value);
    case 'off':
      return isKnown && isOff(value);
    case 'in':
      return isKnown && words(against).includes(String(value));
    case 'notIn':
      return isKnown && value !== '' && !words(against).includes(String(value));
    case 'notInOrUnset':
      return value === undefined || value === null || (isKnown && !words(against).includes(String(value)));
    case 'startsWith':
      return isKnown && String(value).startsWith(String(against));
    case 'unlike':
      return isKnown && texts(value).some((text) => !new RegExp(String(against), 'i').test(text));
    case 'isText':
      return typeof value === 'string';
    case 'contains':
      return isKnown && String(value).includes(String(against));
    case 'keysNotIn':
      return Object.keys(jsonObject(String(value)) ?? {}).some((key) => !words(against).includes(key));
    default:
      return compares(test, value, limit(context, set, against));
  }
}

/** The argument or option whose value a condition compares with. */
function referred(against: Against): readonly string[] {
  return typeof against === 'object' && 'of' in against ? [against.of] : [];
}

/** The number that a condition compares with; NaN, which nothing compares with, where it is not known. */
function limit(context: RuleContext, set: Given, against: Against): number {
  if (typeof against !== 'object' || !('of' in against)) return numeric(against);
  return numeric(valueOf(context, set, against.of) ?? against.default);
}

function compares(test: string, value: unknown, bound: number): boolean {
  const number = numeric(value);
  switch (test) {
    case 'over':
      return number > bound;
    case 'notOver':
      return value === undefined || number <= bound;
    case 'under':
      return number < bound;
    case 'differs':
      return !Number.isNaN(number) && !Number.isNaN(bound) && number !== bound;
    default:
      return bound > 0 && number % bound > 0;
  }
}

function refused(context: RuleContext, set: Given, { all, what, allowed, fix }: Conflict): RuleFinding {
  const operands = all.flatMap(([operand, , against]) => [operand, ...referred(against)]);
  const involved = operands.flatMap((operand) => {
    const own = setting(set, operand);
    if (own !== undefined) return [shown(own.variable, own.value)];
    const value = operand.startsWith('@') ? OPTIONS[operand]?.(context) : undefined;
    return value === undefined || OPTION_NAMES[operand] === undefined
      ? []
      : [`${OPTION_NAMES[operand]} ${String(value)}`];
  });
  const first = all.map(([operand]) => setting(set, operand)).find((one) => one !== undefined);
  const option = operands.map((operand) => OPTION_NAMES[operand]).find((name) => name !== undefined);
  const named = (text: string): string =>
    text.replace(/\{([\w-]+)\}/g, (_, argument: string) => set.get(argument)?.variable ?? nameOf(context, argument));
  return found({
    what,
    got: [...new Set(involved)].join(' with '),
    allowed: named(allowed),
    fix: named(fix),
    path: first === undefined ? `/options/${option ?? ''}` : `/environment/${first.variable}`,
  });
}

const OPTION_NAMES: Readonly<Record<string, string>> = {
  '@maxModelLen': 'maxModelLen',
  '@loadFormat': 'loadFormat',
  '@kvCacheDtype': 'kvCacheDtype',
  '@tensorParallelSize': 'tensorParallelSize',
  '@pipelineParallelSize': 'pipelineParallelSize',
  '@tokensOfStep': 'maxNumBatchedTokens',
};

/** The variable of an argument that nothing sets yet. */
function nameOf(context: RuleContext, argument: string): string {
  const upper = argument.replaceAll('-', '_').toUpperCase();
  return argumentVariable(context, upper) ?? `SM_SGLANG_${upper}`;
}
