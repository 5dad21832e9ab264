import type { ArgumentKind } from '../../container';
import type { ResolvedContainer } from '../../container/types';
import { parseQuotedJsonObject } from '../../text/json';
import { isAtLeast } from '../../text/version';
import type { RuleContext } from '../types';
import { variablesOf } from './environment';

/** A variable that the container hands to its server as an argument. */
export interface PassedOn {
  readonly variable: string;
  readonly value: string;
  /** Without the dashes in front: `max-num-seqs`. */
  readonly argument: string;
  readonly kind: ArgumentKind;
}

const NONE: readonly PassedOn[] = [];
const walked = new WeakMap<object, readonly PassedOn[]>();

/** Variables that become arguments of the server, in the order of the environment; an endpoint’s are looked for once for all rules. */
export function argumentsOf(context: Pick<RuleContext, 'container' | 'spec'>): readonly PassedOn[] {
  const { container, spec } = context;
  if (container === undefined || spec.environment === undefined) return NONE;
  let all = walked.get(context);
  if (all === undefined) {
    all = Object.entries(spec.environment).flatMap(([variable, value]) => passed(container, variable, value) ?? []);
    walked.set(context, all);
  }
  return all;
}

function passed(container: ResolvedContainer, variable: string, value: string): PassedOn | undefined {
  const known = variablesOf(container).find(variable);
  if (known?.argument === undefined) return undefined;
  return { variable, value, argument: known.argument.replaceAll('_', '-'), kind: known.kind };
}

/** LMI builds a command line of its options and has vLLM parse it from LMI 15 on. Source: djl_python vllm_rb_properties.py, `construct_vllm_args_list`. */
const LMI_PARSES = '0.8.4';

/** Those of a container of vLLM or SGLang whose server parses a command line, and whose version is known. */
export function passedOn(context: Pick<RuleContext, 'container' | 'spec'>): readonly PassedOn[] {
  const version = context.container?.engineVersion;
  if (version === undefined) return NONE;
  switch (context.container?.family) {
    case 'vllm':
    case 'sglang':
      return argumentsOf(context);
    case 'lmi':
      return isAtLeast(version, LMI_PARSES) ? argumentsOf(context) : NONE;
    default:
      return NONE;
  }
}

/** Nothing, quotes that may be taken off on the way, or what is not known before it is deployed. */
export function isLeftAlone(value: string): boolean {
  return /^$|^["']|\$\{|^-1\.8\d*e\+289$/.test(value.trim());
}

/** A JSON object that is known before it is deployed, as a variable has it; undefined where it is none. */
export function jsonObject(value: string): Readonly<Record<string, unknown>> | undefined {
  return value.includes('${') ? undefined : parseQuotedJsonObject(value);
}
