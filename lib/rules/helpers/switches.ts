import type { RuleContext } from '../types';
import { isFlagWord } from './environment';

/** The variable of a vLLM argument in the container’s own namespace: `SM_VLLM_BLOCK_SIZE`, `OPTION_BLOCK_SIZE`; undefined where vLLM’s arguments have none. */
export function argumentVariable({ container }: Pick<RuleContext, 'container'>, argument: string): string | undefined {
  if (container?.engine !== 'vllm' || container.family === 'custom') return undefined;
  return `${container.family === 'lmi' ? 'OPTION_' : 'SM_VLLM_'}${argument}`;
}

/** The value of a vLLM argument that has no engine-neutral option, and the variable that sets it. */
export function argumentOf(
  context: Pick<RuleContext, 'container' | 'spec'>,
  argument: string,
): { readonly name: string; readonly value: string } | undefined {
  const name = argumentVariable(context, argument);
  const value = name === undefined ? undefined : context.spec.environment?.[name];
  return name === undefined || value === undefined ? undefined : { name, value };
}

/** Is a bare flag on? An empty value is the flag itself for the images, and nothing for LMI. */
export function isSwitchedOn(context: Pick<RuleContext, 'container' | 'spec'>, argument: string): boolean {
  const set = argumentOf(context, argument);
  if (set === undefined) return false;
  if (isFlagWord(set.value)) return /true/i.test(set.value);
  return set.value === '' && context.container?.family !== 'lmi';
}

/** The attention backend that somebody named, by argument or by vLLM’s own variable. */
export function attentionBackend(
  context: Pick<RuleContext, 'container' | 'spec'>,
): { readonly name: string; readonly value: string } | undefined {
  const variable = context.spec.environment?.VLLM_ATTENTION_BACKEND;
  const own = variable === undefined ? undefined : { name: 'VLLM_ATTENTION_BACKEND', value: variable };
  return argumentOf(context, 'ATTENTION_BACKEND') ?? own;
}
