import { resolveEndpoint } from '../endpoint/resolve';
import type { Plan } from '../plan/types';
import { readSpec } from '../spec';
import type { EndpointSpec } from '../spec/types';
import { evaluateContext, ruleContext, type Context } from './evaluate';
import { findingFromError } from './from-error';
import type { CheckAnswer, Finding } from './types';
import { distinctFindings, variantsOf } from './variants';
import { verdictOf } from './verdict';

/**
 * Runs every rule on an endpoint spec.
 *
 * @param value the spec as parsed from JSON; anything at all may be given
 * @returns findings; never throws for what is wrong with `value`
 */
export function check(value: unknown): CheckAnswer {
  const { id, findings } = examine(value);
  return { id, verdict: verdictOf(findings), findings };
}

/** `plan`'s answer: the plan's figures with the verdict and findings of `check`. */
export interface PlanAnswer extends Plan {
  readonly id: string | null;
  readonly verdict: CheckAnswer['verdict'];
  readonly findings: readonly Finding[];
}

/**
 * Runs every rule and makes the plan. With instance pools, the plan is that of the pool tried first.
 *
 * @returns the plan, each figure `null` where it cannot be known; never throws for what is wrong with `value`
 */
export function planAnswer(value: unknown): PlanAnswer {
  const { id, findings, context } = examine(value);
  let plan = UNKNOWN_PLAN;
  const all = [...findings];
  if (context !== undefined) {
    try {
      plan = context.plan.whole;
    } catch (error) {
      all.push(findingFromError(error));
    }
  }
  const distinct = distinctFindings(all);
  return { id, verdict: verdictOf(distinct), ...plan, findings: distinct };
}

interface Examination {
  readonly id: string | null;
  readonly findings: readonly Finding[];
  /** Of the first variant; undefined where the spec could not be resolved. */
  readonly context?: Context;
}

function examine(value: unknown): Examination {
  const { spec, problems } = readSpec(value);
  const id = spec?.id ?? idOf(value);
  const findings = problems.map(findingFromError);
  if (spec === undefined) return { id, findings };
  const { findings: found, context } = examineSpec(spec);
  return { id, findings: errorsFirst(distinctFindings([...findings, ...found])), context };
}

function examineSpec(spec: EndpointSpec): Pick<Examination, 'findings' | 'context'> {
  const findings: Finding[] = [];
  let first: Context | undefined;
  for (const variant of variantsOf(spec)) {
    try {
      const context = ruleContext(resolveEndpoint(variant.spec), spec);
      first ??= context;
      findings.push(...evaluateContext(context).map(variant.translate));
    } catch (error) {
      findings.push(variant.translate(findingFromError(error)));
    }
  }
  return { findings, context: first };
}

/** Pools are checked one after the other; a reader wants what stops the endpoint before what slows it. */
function errorsFirst(findings: readonly Finding[]): readonly Finding[] {
  const isError = ({ severity }: Finding): boolean => severity === 'error';
  return [...findings.filter(isError), ...findings.filter((finding) => !isError(finding))];
}

function idOf(value: unknown): string | null {
  const id = (value as { id?: unknown } | null | undefined)?.id;
  return typeof id === 'string' ? id : null;
}

const UNKNOWN_PLAN: Plan = {
  parameters: null,
  checkpointBytes: null,
  memory: {
    total: null,
    usable: null,
    weights: null,
    activations: null,
    graphs: null,
    runtime: null,
    kvCache: null,
  },
  kvBytesPerToken: null,
  kvCacheTokens: null,
  maxConcurrency: null,
  largestMaxModelLen: null,
  estimate: {
    timeToFirstTokenMs: null,
    interTokenMs: null,
    outputTokensPerSecond: null,
    requestsPerSecond: null,
    bound: null,
  },
  cost: { usdPerHour: null, usdPerMillionOutputTokens: null, priceDate: null, priceSource: null },
};
