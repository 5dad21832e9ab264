import { nearestNames } from '../../text/nearest';
import { isVllm, serverName } from '../helpers/engine';
import { shown } from '../helpers/environment';
import { settingVariables } from '../helpers/example';
import { found } from '../helpers/finding';
import { LLAMA_8B } from '../helpers/samples';
import { argumentOf } from '../helpers/switches';
import { LIMITS_SOURCE, attentionBackendsOf } from '../helpers/vllm-limits';
import type { Rule, RuleContext } from '../types';

const example = settingVariables(LLAMA_8B);

/** `--attention-backend`, in capitals or not. */
const HAS_ARGUMENT = { since: '0.13.0' };
/** vLLM’s own variable, by the exact name; an older version ignores a name that it does not know, a newer one drops the variable. */
const STOPS_AT_VARIABLE = { since: '0.10.1', before: '0.13.0' };
/** Names of backends for the engine V1 had an ending of their own; these versions take it off. */
const TAKES_ENDING_OFF = { since: '0.11.0' };
const ENDING = /_VLLM_V1$/;

/** What names a backend here and is read: the variable, and the name as the server looks it up. */
function namedBackend(
  context: RuleContext,
): { readonly variable: string; readonly value: string; readonly name: string } | undefined {
  if (isVllm(context, HAS_ARGUMENT)) {
    const set = argumentOf(context, 'ATTENTION_BACKEND');
    return set === undefined
      ? undefined
      : { variable: set.name, value: set.value, name: set.value.trim().toUpperCase() };
  }
  const value = context.spec.environment?.VLLM_ATTENTION_BACKEND;
  if (value === undefined || !isVllm(context, STOPS_AT_VARIABLE)) return undefined;
  return {
    variable: 'VLLM_ATTENTION_BACKEND',
    value,
    name: isVllm(context, TAKES_ENDING_OFF) ? value.replace(ENDING, '') : value,
  };
}

/** Nothing, the choice left to the server, or what is not known before it is deployed. */
const LEFT_ALONE = /^$|^AUTO$|^["']|\$\{/;

export const attentionBackendUnknown: Rule = {
  id: 'ATTENTION_BACKEND_UNKNOWN',
  severity: 'error',
  summary: 'the attention backend that is named is one that this vLLM has',
  explanation:
    'vLLM looks an attention backend up by its name and stops at one that it does not have: "Invalid attention backend: \'FLASH_ATTENTION\'. Valid backends are: ...", later "Unknown attention backend". Names come and go: 0.11 took the ending _VLLM_V1 off all of them, 0.12 lost XFORMERS. Guides for one version name backends that another has not.',
  source: LIMITS_SOURCE,
  holdsFor: 'the argument: vLLM 0.13 and later; VLLM_ATTENTION_BACKEND: 0.10.1 to 0.12',
  examples: {
    passes: [
      example('vllm', { SM_VLLM_ATTENTION_BACKEND: 'flashinfer' }, '0.24.0'),
      example('vllm', { VLLM_ATTENTION_BACKEND: 'TRITON_ATTN_VLLM_V1' }, '0.11.0'),
      example('vllm', { VLLM_ATTENTION_BACKEND: 'XFORMERS' }, '0.11.0'),
      example('vllm', { VLLM_ATTENTION_BACKEND: 'XFORMERS' }, '0.24.0'),
    ],
    fails: [
      example('vllm', { SM_VLLM_ATTENTION_BACKEND: 'flash_attention_2' }, '0.24.0'),
      example('vllm', { SM_VLLM_ATTENTION_BACKEND: 'XFORMERS' }, '0.24.0'),
      example('vllm', { VLLM_ATTENTION_BACKEND: 'FLASH_ATTENTION' }, '0.10.2'),
    ],
  },
  evaluate(context) {
    const version = context.container?.engineVersion;
    const named = version === undefined ? undefined : namedBackend(context);
    if (version === undefined || named === undefined || LEFT_ALONE.test(named.name)) return [];
    const known = attentionBackendsOf(version);
    if (known.includes(named.name)) return [];
    const nearest = nearestNames(named.name, known, 1)[0];
    return [
      found({
        what: `${serverName(context)} has no attention backend of this name, and stops at it`,
        got: shown(named.variable, named.value),
        allowed: known.filter((name) => !/^(ROCM|CPU|XPU|AMX|NO_)/.test(name)).join(', '),
        fix:
          nearest === undefined
            ? `leave ${named.variable} out`
            : `set ${named.variable} to ${nearest}, or leave it out`,
        path: `/environment/${named.variable}`,
      }),
    ];
  },
};
