import type { ResolvedEndpoint } from '../endpoint/types';
import { PlanInParts } from '../plan';
import type { EndpointSpec } from '../spec/types';
import { findingFromError, findingOf } from './from-error';
import { rulesFor, speaksOf } from './registry';
import type { Finding, Rule, RuleContext } from './types';

/**
 * A resolved endpoint with its plan, which is made when a rule first asks for it: most findings need none.
 * A class, because every rule reads its fields: an object literal with a getter is several times slower to read.
 */
export class Context implements RuleContext {
  readonly spec: RuleContext['spec'];
  readonly model: RuleContext['model'];
  readonly instance: RuleContext['instance'];
  readonly container: RuleContext['container'];
  readonly scheme: RuleContext['scheme'];
  readonly options: RuleContext['options'];
  private planned: PlanInParts | undefined;

  constructor(
    private readonly resolved: ResolvedEndpoint,
    readonly given: EndpointSpec,
  ) {
    this.spec = resolved.spec;
    this.model = resolved.model;
    this.instance = resolved.instance;
    this.container = resolved.container;
    this.scheme = resolved.scheme;
    this.options = resolved.options;
  }

  get plan(): PlanInParts {
    return (this.planned ??= new PlanInParts(this.resolved));
  }
}

/** What rules see of a resolved endpoint. */
export function ruleContext(resolved: ResolvedEndpoint, given: EndpointSpec = resolved.spec): Context {
  return new Context(resolved, given);
}

/** What the rules find in an endpoint, by default all that may speak of it; errors first, else in the registry's order. */
export function evaluateRules(resolved: ResolvedEndpoint, rules?: readonly Rule[]): readonly Finding[] {
  const context = ruleContext(resolved);
  return evaluateContext(
    context,
    rules?.filter((rule) => speaksOf(rule, context)),
  );
}

/** As `evaluateRules`, for a caller that wants the same plan afterwards. */
export function evaluateContext(context: RuleContext, rules: readonly Rule[] = rulesFor(context)): readonly Finding[] {
  const errors: Finding[] = [];
  const warnings: Finding[] = [];
  const keep = (finding: Finding): unknown => (finding.severity === 'error' ? errors : warnings).push(finding);
  let index = 0;
  while (index < rules.length) {
    // One `try` for all that do not throw: as nearly always, there is nothing to be found.
    try {
      for (; index < rules.length; index++) {
        const rule = rules[index];
        const found = rule.evaluate(context);
        if (found.length === 0) continue;
        for (const finding of found) keep(findingOf(rule.id, finding.severity ?? rule.severity, finding));
      }
    } catch (error) {
      keep(findingFromError(error));
      index++;
    }
  }
  return [...errors, ...warnings];
}
