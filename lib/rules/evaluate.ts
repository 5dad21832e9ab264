import type { ResolvedEndpoint } from '../endpoint/types';
import { makePlan } from '../plan';
import type { Plan } from '../plan/types';
import type { EndpointSpec } from '../spec/types';
import { findingFromError, withoutUndefined } from './from-error';
import { RULES } from './registry';
import type { Finding, Rule, RuleContext } from './types';

/** Adds the plan to a resolved endpoint; it is made when a rule first asks for it, for most findings need none. */
export function ruleContext(resolved: ResolvedEndpoint, given: EndpointSpec = resolved.spec): RuleContext {
  let plan: Plan | undefined;
  return {
    ...resolved,
    given,
    get plan() {
      return (plan ??= makePlan(resolved));
    },
  };
}

/** What the rules find in an endpoint; errors first, else in the registry's order. */
export function evaluateRules(resolved: ResolvedEndpoint, rules: readonly Rule[] = RULES): readonly Finding[] {
  return evaluateContext(ruleContext(resolved), rules);
}

/** As `evaluateRules`, for a caller that wants the same plan afterwards. */
export function evaluateContext(context: RuleContext, rules: readonly Rule[] = RULES): readonly Finding[] {
  const errors: Finding[] = [];
  const warnings: Finding[] = [];
  for (const rule of rules) {
    for (const finding of findingsOf(rule, context)) (finding.severity === 'error' ? errors : warnings).push(finding);
  }
  return [...errors, ...warnings];
}

function findingsOf(rule: Rule, context: RuleContext): readonly Finding[] {
  try {
    const found = rule.evaluate(context);
    if (found.length === 0) return [];
    return found.map(({ severity = rule.severity, message, got, allowed, fix, path }) =>
      withoutUndefined({ rule: rule.id, severity, message, got, allowed, fix, path }),
    );
  } catch (error) {
    return [findingFromError(error)];
  }
}
