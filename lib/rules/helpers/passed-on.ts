import { isAtLeast } from '../../text/version';
import type { RuleContext } from '../types';
import { variablesOf } from './environment';

/** A variable that the container hands to its server as an argument. */
export interface PassedOn {
  readonly variable: string;
  readonly value: string;
  /** Without the dashes in front: `max-num-seqs`. */
  readonly argument: string;
}

/** LMI builds a command line of its options and has vLLM parse it from LMI 15 on. Source: djl_python vllm_rb_properties.py, `construct_vllm_args_list`. */
const LMI_PARSES = '0.8.4';

/** Variables of a container of vLLM or SGLang that become arguments, as its entry point turns them into some. */
export function passedOn({ container, spec }: Pick<RuleContext, 'container' | 'spec'>): readonly PassedOn[] {
  const environment = spec.environment;
  if (environment === undefined || container?.engineVersion === undefined) return NONE;
  if (container.family !== 'vllm' && container.family !== 'sglang' && container.family !== 'lmi') return NONE;
  if (container.family === 'lmi' && !isAtLeast(container.engineVersion, LMI_PARSES)) return NONE;
  const { prefix, find } = variablesOf(container);
  if (prefix === undefined) return NONE;
  const out: PassedOn[] = [];
  for (const variable of Object.keys(environment)) {
    if (!variable.startsWith(prefix)) continue;
    const argument = find(variable)?.argument?.replaceAll('_', '-');
    if (argument !== undefined) out.push({ variable, argument, value: environment[variable] });
  }
  return out;
}

const NONE: readonly PassedOn[] = [];

/** Nothing, quotes that may be taken off on the way, or what is not known before it is deployed. */
export function isLeftAlone(value: string): boolean {
  return /^$|^["']|\$\{|^-1\.8\d*e\+289$/.test(value.trim());
}

/** A JSON object, with or without the single quotes that some images need around it; undefined where it is none. */
export function jsonObject(value: string): Readonly<Record<string, unknown>> | undefined {
  const text = value.trim().replace(/^'(.*)'$/s, '$1');
  if (!text.startsWith('{') || text.includes('${')) return undefined;
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null && !Array.isArray(read)
      ? (read as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
