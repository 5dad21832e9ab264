import { entryPointAge } from '../../container';
import type { ResolvedContainer } from '../../container/types';
import { lookup } from '../../text/lookup';
import { shown } from '../helpers/environment';
import { settingVariables } from '../helpers/example';
import { found } from '../helpers/finding';
import { argumentsOf, type PassedOn } from '../helpers/passed-on';
import { LLAMA_8B } from '../helpers/samples';
import type { Rule, RuleFinding } from '../types';

const example = settingVariables(LLAMA_8B);

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
    const { container } = context;
    if (container === undefined || !FAMILIES.has(container.family)) return [];
    return argumentsOf(context).flatMap((set) => judge(container, set) ?? []);
  },
};

function judge(container: ResolvedContainer, { variable, value, argument, kind }: PassedOn): RuleFinding | undefined {
  if (kind !== 'value' && kind !== 'json' && kind !== 'list') return undefined;
  // An old entry point passes the word `true` on.
  const isBare =
    value.trim().toLowerCase() === 'true' &&
    (container.family === 'llama-cpp' || entryPointAge(container) !== 'verbatim');
  if (value !== '' && !isBare) return undefined;
  const values = lookup(VALUES, argument) ?? 'a value';
  return found({
    what: `--${argument} needs ${values}, and the entry point passes the flag alone`,
    got: value === '' ? `${variable} with an empty value` : shown(variable, value),
    allowed: values,
    fix: `set ${variable} to ${values}`,
    path: `/environment/${variable}`,
  });
}
