import { resolveEndpoint } from '../../lib/endpoint/resolve';
import type { Plan } from '../../lib/plan/types';
import { check, findRule } from '../../lib/rules';
import { ruleContext } from '../../lib/rules/evaluate';
import { speaksOf } from '../../lib/rules/registry';
import { LLAMA_8B } from '../../lib/rules/helpers/samples';
import { readSpec } from '../../lib/spec';
import type { Finding, RuleFinding } from '../../lib/rules';

/** A spec of an 8 B Llama with these parts. */
export function spec(parts: object = {}, model: object = {}): object {
  return { model: { config: LLAMA_8B, ...model }, ...parts };
}

/** What one rule finds in a spec. */
export function findingsOf(rule: string, value: object): readonly Finding[] {
  return check(value).findings.filter((finding) => finding.rule === rule);
}

/** The one thing a rule finds; undefined where it finds nothing. */
export function findingOf(rule: string, value: object): Finding | undefined {
  const findings = findingsOf(rule, value);
  if (findings.length > 1) throw new Error(`${rule} found ${findings.length} things`);
  return findings[0];
}

/** The parts of a plan that a test makes up, so that a border can be met to the byte. */
export type PlanParts = Partial<Omit<Plan, 'memory'>> & { readonly memory?: Partial<Plan['memory']> };

/** What one rule finds when it is asked alone; a rule that throws fails the test. */
export function alone(rule: string, value: object, parts?: PlanParts): readonly RuleFinding[] {
  const found = findRule(rule);
  const { spec: read, problems } = readSpec(value);
  if (found === undefined || read === undefined) throw new Error(`${rule}: ${JSON.stringify(problems)}`);
  const context = ruleContext(resolveEndpoint(read));
  if (!speaksOf(found, context)) return [];
  if (parts === undefined) return found.evaluate(context);
  const { spec, model, instance, container, scheme, options, given, plan } = context;
  const own = { ...plan.whole, ...parts, memory: { ...plan.memory, ...parts.memory } };
  return found.evaluate({ spec, model, instance, container, scheme, options, given, plan: own });
}
