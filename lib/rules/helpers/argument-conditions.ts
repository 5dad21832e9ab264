import { smOf } from './accelerator';
import type { Against, Condition } from './argument-conflicts';
import { isLeftAlone, jsonObject, type PassedOn } from './passed-on';
import { speculationOf } from './speculation';
import { prefixCachingAsked } from './switches';
import type { RuleContext } from '../types';

/** What is set, by argument. */
export type Given = ReadonlyMap<string, PassedOn>;

/** The variable that sets what a condition looks at, by one of its names. */
export function setting(set: Given, operand: string): PassedOn | undefined {
  const names = operand.split(':', 1)[0];
  if (!names.includes('|')) return set.get(names);
  for (const name of names.split('|')) if (set.has(name)) return set.get(name);
  return undefined;
}

/** What a flag, a field or an option says; undefined where nothing does. */
export function valueOf(context: RuleContext, set: Given, operand: string): unknown {
  if (operand.startsWith('@')) return OPTIONS[operand]?.value(context);
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

interface Option {
  /** Its name in a spec; undefined: no option of one, but what follows from several. */
  readonly name?: string;
  readonly value: (context: RuleContext) => unknown;
}

const option = (name: keyof RuleContext['options']): Option => ({ name, value: ({ options }) => options[name] });

/** What conditions call `@name`. */
const OPTIONS: Readonly<Record<string, Option>> = {
  '@maxModelLen': option('maxModelLen'),
  '@loadFormat': option('loadFormat'),
  '@kvCacheDtype': option('kvCacheDtype'),
  '@tensorParallelSize': option('tensorParallelSize'),
  '@pipelineParallelSize': option('pipelineParallelSize'),
  '@tokensOfStep': option('maxNumBatchedTokens'),
  '@enableLora': { value: ({ options }) => flag(options.enableLora) },
  '@prefixCaching': { value: (context) => flag(prefixCachingAsked(context)) },
  '@sm': { value: (context) => smOf(context) },
  '@latent': { value: (context) => flag(isLatent(context)) },
  '@multimodal': { value: ({ model }) => (model === undefined ? undefined : flag(model.multimodal)) },
  '@encoder': { value: ({ model }) => (model === undefined ? undefined : flag(model.kind === 'encoder')) },
  '@tokensOfSequences': {
    value: (context) => {
      const guessed = speculationOf(context)?.tokens;
      const { maxNumSeqs } = context.options;
      return guessed === undefined || maxNumSeqs === undefined ? undefined : maxNumSeqs * (guessed + 1);
    },
  },
};

/** The name in a spec of the option that a condition looks at; undefined for anything else. */
export function optionName(operand: string): string | undefined {
  return OPTIONS[operand]?.name;
}

const isOn = (value: unknown): boolean => value === true || value === '' || /^true$/i.test(String(value));
const isOff = (value: unknown): boolean => value === false || /^false$/i.test(String(value));

const numeric = (value: unknown): number =>
  typeof value === 'number' ? value : typeof value === 'string' && value !== '' ? Number(value) : NaN;

/** What of a value is text: the value, or the items of a list. */
const texts = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? (value as readonly unknown[]) : [value]).filter((item) => typeof item === 'string');

const words = (against: Against): readonly string[] => (Array.isArray(against) ? (against as readonly string[]) : []);

export function holds(context: RuleContext, set: Given, [operand, test, against]: Condition): boolean {
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
export function referred(against: Against): readonly string[] {
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
