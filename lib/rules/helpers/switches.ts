import { environmentOptions } from '../../endpoint/environment';
import { argumentOf } from '../../endpoint/vllm-argument';
import type { RuleContext } from '../types';
import { isVllm } from './engine';
import { isFlagWord } from './environment';

export { argumentOf, argumentVariable } from '../../endpoint/vllm-argument';

/** Is a bare flag on? An empty value is the flag itself for the images, and nothing for LMI. */
export function isSwitchedOn(context: Pick<RuleContext, 'container' | 'spec'>, argument: string): boolean {
  const set = argumentOf(context, argument);
  if (set === undefined) return false;
  if (isFlagWord(set.value)) return /true/i.test(set.value);
  return set.value === '' && context.container?.family !== 'lmi';
}

/** vLLM reads its own variable no more: vllm/envs.py of 0.14.0 and 0.15.1. */
const VARIABLE_READ_UNTIL = '0.15.0';

/** The attention backend that somebody named, by argument or by vLLM’s own variable. */
export function attentionBackend(
  context: Pick<RuleContext, 'container' | 'spec'>,
): { readonly name: string; readonly value: string } | undefined {
  const variable = context.spec.environment?.VLLM_ATTENTION_BACKEND;
  const isRead = !isVllm(context, { since: VARIABLE_READ_UNTIL });
  const own = variable === undefined || !isRead ? undefined : { name: 'VLLM_ATTENTION_BACKEND', value: variable };
  return argumentOf(context, 'ATTENTION_BACKEND') ?? own;
}

/** Whether somebody asked for the cache of prefixes, or for none; undefined where the server is left to choose, which depends on the model. */
export function prefixCachingAsked({ container, spec }: Pick<RuleContext, 'container' | 'spec'>): boolean | undefined {
  return (
    spec.options?.enablePrefixCaching ?? environmentOptions(container?.family, spec.environment).enablePrefixCaching
  );
}

/** Whether somebody asked for prefill in pieces, or for none; undefined where the server is left to choose, which it does by what else is asked. */
export function chunkedPrefillAsked({ container, spec }: Pick<RuleContext, 'container' | 'spec'>): boolean | undefined {
  return (
    spec.options?.enableChunkedPrefill ?? environmentOptions(container?.family, spec.environment).enableChunkedPrefill
  );
}
