import type { EngineName } from '../container/types';
import type { ResolvedEndpoint } from '../endpoint/types';
import type { Plan } from '../plan/types';
import type { EndpointSpec } from '../spec/types';

export type Severity = 'error' | 'warning';

/** One thing a rule found. `check` prints these; the construct reports them through CDK's validations. */
export interface Finding {
  /** Rule id, SCREAMING_SNAKE_CASE; also the acknowledgement id. */
  readonly rule: string;
  readonly severity: Severity;
  /** What is wrong, value got, value allowed, nearest working fix: one sentence each, house form. */
  readonly message: string;
  readonly got?: string;
  readonly allowed?: string;
  readonly fix?: string;
  /** JSON pointer into the spec. */
  readonly path?: string;
}

/** What a rule sees: the resolved endpoint, and the plan, each part made on first use. */
export interface RuleContext extends ResolvedEndpoint {
  readonly plan: Plan;
  /** The spec as it was given; `spec` is the same with one of its instance pools put in place, if it has pools. */
  readonly given: EndpointSpec;
}

/** What a rule returns; id and severity are filled in from the rule unless the finding lowers it. */
export type RuleFinding = Omit<Finding, 'rule' | 'severity'> & { readonly severity?: Severity };

/** What `qe explain` says of a finding. Where it is not a rule's, this is all: the code that finds it reads more than a spec. */
export interface Explanation {
  readonly id: string;
  readonly severity: Severity;
  /** One line for lists, after "checks that". */
  readonly summary: string;
  /** A paragraph for `qe explain`: why it fails, what happens on a real endpoint. */
  readonly explanation: string;
  /** Where the fact comes from. */
  readonly source: string;
}

/** A server of known releases: from `since` on, and before `before`; either may be left out. */
export interface ServerRange {
  readonly engine: EngineName;
  readonly since?: string;
  readonly before?: string;
}

/** Something that most endpoints have not, and without which some rules have nothing to say. */
export type Need = 'adapters' | 'endpoint' | 'environment' | 'experts' | 'llama.cpp' | 'neuron';

export interface Rule extends Explanation {
  /** The one server it speaks of; undefined: whatever serves. A rule is not asked about others, so that it need not look itself. */
  readonly server?: ServerRange;
  /** What it speaks of; an endpoint that lacks one of these is not asked about. */
  readonly needs?: readonly Need[];
  /** Versions it holds for, in words for the docs: `vLLM < 0.24`; undefined: every version. */
  readonly holdsFor?: string;
  /** Specs for docs and tests; `passes` give no finding of this rule, `fails` do. */
  readonly examples: { readonly passes: readonly unknown[]; readonly fails: readonly unknown[] };
  evaluate(context: RuleContext): readonly RuleFinding[];
}

export type Verdict = 'error' | 'warning' | 'ok';

export interface CheckAnswer {
  readonly id: string | null;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
}
