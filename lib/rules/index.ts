export { check, planAnswer } from './check';
export type { PlanAnswer } from './check';
export { evaluateRules } from './evaluate';
export { EXPLANATION_SUBJECTS, EXPLANATIONS, EXPLANATIONS_BY_SUBJECT, findExplanation } from './explanations';
export type { ExplanationSubject } from './explanations';
export { findRule, RULE_CAUSES, RULES, RULES_BY_CAUSE } from './registry';
export type { RuleCause } from './registry';
export type { CheckAnswer, Explanation, Finding, Rule, RuleContext, RuleFinding, Severity, Verdict } from './types';
export { verdictOf } from './verdict';
