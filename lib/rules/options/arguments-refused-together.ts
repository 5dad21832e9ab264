import { argumentVariable } from '../../endpoint/vllm-argument';
import { holds, optionName, referred, setting, valueOf, type Given } from '../helpers/argument-conditions';
import {
  CONFLICTS_SOURCE,
  conflictsOfArgument,
  conflictsOfOptions,
  type Conflict,
} from '../helpers/argument-conflicts';
import { inRange } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { found } from '../helpers/finding';
import { passedOn } from '../helpers/passed-on';
import { DEEPSEEK_V3, LLAMA_8B, QWEN3_SMALL } from '../helpers/samples';
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

function refused(context: RuleContext, set: Given, { all, what, allowed, fix }: Conflict): RuleFinding {
  const operands = all.flatMap(([operand, , against]) => [operand, ...referred(against)]);
  const involved = operands.flatMap((operand) => {
    const own = setting(set, operand);
    if (own !== undefined) return [shown(own.variable, own.value)];
    const name = optionName(operand);
    const value = name === undefined ? undefined : valueOf(context, set, operand);
    return value === undefined ? [] : [`${name} ${String(value)}`];
  });
  const first = all.map(([operand]) => setting(set, operand)).find((one) => one !== undefined);
  const option = operands.map(optionName).find((name) => name !== undefined);
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

/** The variable of an argument that nothing sets yet. */
function nameOf(context: RuleContext, argument: string): string {
  const upper = argument.replaceAll('-', '_').toUpperCase();
  return argumentVariable(context, upper) ?? `SM_SGLANG_${upper}`;
}
