import { RULE_CAUSES, RULES, RULES_BY_CAUSE, type Rule } from '../../lib/rules';

const cause = RULE_CAUSES.find((name) => process.env.MUTATION_FOLDER === `lib/rules/${name}`);

/** Every rule; while the rules of one cause are mutated, those alone. */
export const RULES_UNDER_TEST: readonly Rule[] = cause === undefined ? RULES : RULES_BY_CAUSE[cause];
