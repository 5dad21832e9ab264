import type { Instance } from '../../hardware/types';
import type { ModelDescription } from '../../model/types';
import type { Explanation, Finding } from '../../rules/types';
import type { OptimizationSpec } from '../types';

/** What a rule of optimization jobs sees. */
export interface OptimizationContext {
  readonly spec: OptimizationSpec;
  readonly instance?: Instance;
  readonly model?: ModelDescription;
}

/** A rule of optimization jobs, in the form of those of endpoints. */
export interface OptimizationRule extends Explanation {
  /** Specs for the tests; `passes` give no finding of this rule, `fails` do. */
  readonly examples: { readonly passes: readonly OptimizationSpec[]; readonly fails: readonly OptimizationSpec[] };
  evaluate(context: OptimizationContext): readonly Omit<Finding, 'rule' | 'severity'>[];
}
