import { entryPointAge } from '../../container';
import { lookup } from '../../text/lookup';
import { shown, variablesOf } from '../helpers/environment';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleContext, RuleFinding } from '../types';

const example = (family: string, environment: Record<string, string>) => ({
  model: { config: LLAMA_8B },
  container: { family },
  options: { maxModelLen: 4096 },
  environment,
});

const FAMILIES = new Set(['vllm', 'sglang', 'llama-cpp']);

/** Values that an argument of this name takes, where they are few. Source: llama.cpp common/arg.cpp. */
const VALUES: Readonly<Record<string, string>> = { 'flash-attn': 'on, off or auto', fit: 'on or off' };

export const variableValueMissing: Rule = {
  id: 'VARIABLE_VALUE_MISSING',
  severity: 'error',
  summary: 'an argument that needs a value gets one',
  explanation:
    'The entry points turn VARIABLE=true into a bare --flag, and an empty variable as well. An argument that needs a value, such as --flash-attn of llama-server, then takes the next argument for it, or stops the server with "expected one argument".',
  source:
    'aws/deep-learning-containers scripts/docker/llama_cpp/sagemaker_entrypoint.sh, run with a stub server; common/arg.cpp',
  examples: {
    passes: [
      example('llama-cpp', { SM_LLAMA_CPP_FLASH_ATTN: 'on' }),
      example('vllm', { SM_VLLM_ENFORCE_EAGER: 'true' }),
    ],
    fails: [example('llama-cpp', { SM_LLAMA_CPP_FLASH_ATTN: 'true' }), example('vllm', { SM_VLLM_MAX_MODEL_LEN: '' })],
  },
  evaluate(context) {
    const { container, spec } = context;
    if (container === undefined || !FAMILIES.has(container.family) || spec.environment === undefined) return [];
    return Object.entries(spec.environment).flatMap(([name, value]) => judge(context, name, value) ?? []);
  },
};

function judge({ container }: RuleContext, name: string, value: string): RuleFinding | undefined {
  if (container === undefined) return undefined;
  const { prefix, find } = variablesOf(container);
  const variable = prefix !== undefined && name.startsWith(prefix) ? find(name) : undefined;
  const takesValue = variable?.kind === 'value' || variable?.kind === 'json' || variable?.kind === 'list';
  // A name that the entry point reads itself is no argument, and an old one passes the word `true` on.
  if (variable?.argument === undefined || !takesValue) return undefined;
  const isBare =
    value.trim().toLowerCase() === 'true' &&
    (container.family === 'llama-cpp' || entryPointAge(container) !== 'verbatim');
  if (value !== '' && !isBare) return undefined;
  const values = lookup(VALUES, variable.argument) ?? 'a value';
  return found({
    what: `--${variable.argument} needs ${values}, and the entry point passes the flag alone`,
    got: value === '' ? `${name} with an empty value` : shown(name, value),
    allowed: values,
    fix: `set ${name} to ${values}`,
    path: `/environment/${name}`,
  });
}
