import { inferenceAmis } from '../container';
import { resolveEndpoint } from '../endpoint/resolve';
import type { ResolvedEndpoint } from '../endpoint/types';
import { SpecError } from '../errors';
import { findInstance, isOffered, type PriceTable } from '../hardware';
import { DEFAULT_WORKLOAD, HOURS_PER_MONTH } from '../plan';
import type { Plan } from '../plan/types';
import { evaluateContext, ruleContext } from '../rules/evaluate';
import { amiFor } from '../rules/helpers/driver';
import { likelyPrice } from '../rules/helpers/instances';
import type { Finding, RuleContext } from '../rules/types';
import type { EndpointSpec } from '../spec/types';
import { breakEvenOf } from './break-even';
import { CHECKPOINT, combinations } from './grid';
import { guidance, guidedSchemes } from './guide';
import { roomOf, shapesOf } from './shapes';
import { sizeFor } from './sizing';
import type { Candidate, Combination, Recommendation, Rejection } from './types';
import { contextFor, workloadOf, type Workload } from './workload';

export interface RecommendOptions {
  /** Prices that win over those this package ships. */
  readonly prices?: PriceTable;
}

/** Where the spec names no region: the one with most instance types and prices. */
const DEFAULT_REGION = 'us-east-1';

type Draft = Omit<Candidate, 'rank'>;

/**
 * Ranks every combination of instance, scheme, container and parallelism that serves the spec's model and workload, cheapest first; among
 * equals the guide's more careful scheme, then the faster. What the spec fixes (instance, scheme, container, parallelism) is not varied.
 *
 * @throws SpecError `RECOMMEND_NEEDS_CONFIG` without the model's config
 */
export function recommend(given: EndpointSpec, { prices }: RecommendOptions = {}): Recommendation {
  const spec = given.region === undefined ? { ...given, region: DEFAULT_REGION } : given;
  const region = spec.region as string;
  const model = resolveEndpoint({ model: spec.model }).model;
  if (model === undefined) {
    throw new SpecError('RECOMMEND_NEEDS_CONFIG', "a recommendation needs the model's config.json", {
      path: '/model/config',
      allowed: "the checkpoint's config.json, verbatim",
      fix: 'put it at /model/config, or run qe models add with the model id',
    });
  }
  const workload = workloadOf(spec.workload);
  const context = spec.options?.maxModelLen ?? contextFor(workload, model.maxPositionEmbeddings);
  const drafts: Draft[] = [];
  const rejected: Rejection[] = [];
  for (const combination of combinations(spec, model)) {
    const judged = judge(spec, combination, context, region, workload, prices);
    if ('reason' in judged) rejected.push(judged);
    else drafts.push(judged);
  }
  const order = guidedSchemes(model);
  drafts.sort((a, b) => compare(a, b, order, region));
  const { best, dominated } = bestOfEach(drafts);
  const candidates = best.map((draft, index) => ({ rank: index + 1, ...draft }));
  const first = firstOfGuide(candidates, order);
  return {
    model: spec.model.id ?? null,
    region,
    priceDates: [...new Set(candidates.map(({ plan }) => plan.cost.priceDate).filter((date) => date !== null))].sort(),
    guidance: guidance(model),
    startWith: first === undefined ? null : combinationOf(first),
    candidates,
    rejected: [...rejected, ...dominated],
    breakEven: first === undefined ? null : breakEvenOf(first, candidates),
  };
}

/** The combination in the first of its shapes that serves the workload, or why the last, which asks for least, does not. */
function judge(
  spec: EndpointSpec,
  combination: Combination,
  context: number,
  region: string,
  workload: Workload,
  prices: PriceTable | undefined,
): Draft | Rejection {
  let last: Draft | Rejection | undefined;
  for (const given of shapesOf(specOf(spec, combination), combination, context, workload)) {
    const judged = judgeShape(given, combination, region, workload, prices);
    // Goals that let fewer run at once than there is room for ask for less room: a server fills all that it has.
    const isFull = !('reason' in judged) && judged.concurrency >= (roomOf(given) ?? 0);
    if (isFull) return judged;
    last = last === undefined || 'reason' in last || !('reason' in judged) ? judged : last;
  }
  return last as Draft | Rejection;
}

function specOf(spec: EndpointSpec, { instanceType, quantization, container }: Combination): EndpointSpec {
  return {
    ...spec,
    instanceType,
    ...(quantization === CHECKPOINT ? {} : { quantization }),
    container: spec.container ?? { family: container },
  };
}

function judgeShape(
  given: EndpointSpec,
  combination: Combination,
  region: string,
  workload: Workload,
  prices: PriceTable | undefined,
): Draft | Rejection {
  const reject = (reason: string, message: string): Rejection => ({ ...combination, reason, message });
  const instance = findInstance(combination.instanceType);
  if (instance !== undefined && isOffered(instance, region) === false)
    return reject('NOT_OFFERED', `${combination.instanceType} is not offered in ${region}`);
  const { resolved, rules, findings } = examine(given);
  const error = findings.find((finding) => finding.severity === 'error');
  if (error !== undefined) return reject(error.rule, error.message);
  const unfit = memoryProblem(rules.plan, resolved.spec);
  if (unfit !== undefined) return reject('DOES_NOT_FIT', unfit);
  const sizing = sizeFor(resolved, rules.plan, workload, prices);
  if (typeof sizing === 'string') return reject('TOO_SLOW', sizing);
  const { plan, concurrency, instances } = sizing;
  const spec = withShare(resolved.spec, concurrency);
  const draft = draftOf(spec, combination, plan, concurrency, instances);
  const over = budgetProblem(draft, workload, region);
  if (over !== undefined) return reject('OVER_BUDGET', over);
  const left = spec === resolved.spec ? findings : examine(spec).findings;
  return { ...draft, warnings: left.map((finding) => finding.message) };
}

/** Plans and rules speak of one instance: its spec asks for its share of the workload. */
function withShare(spec: EndpointSpec, concurrency: number): EndpointSpec {
  const asked = spec.workload?.concurrency ?? DEFAULT_WORKLOAD.concurrency;
  return asked === concurrency ? spec : { ...spec, workload: { ...spec.workload, concurrency } };
}

interface Examined {
  readonly resolved: ResolvedEndpoint;
  readonly rules: RuleContext;
  readonly findings: readonly Finding[];
}

/** The rules' verdict, with the host image that brings the driver which the container needs, unless the spec names one. */
function examine(given: EndpointSpec): Examined {
  const resolved = resolveEndpoint(given);
  const inferenceAmiVersion = given.endpoint?.inferenceAmiVersion === undefined ? hostImage(resolved) : undefined;
  if (inferenceAmiVersion === undefined) return judged(resolved);
  const chosen = judged({ ...resolved, spec: { ...given, endpoint: { ...given.endpoint, inferenceAmiVersion } } });
  const isRefused = chosen.findings.some(({ severity, path }) => severity === 'error' && path === AMI_PATH);
  return isRefused ? judged(resolved) : chosen;
}

const NEURON_AMI = inferenceAmis.filter(({ accelerator }) => accelerator === 'neuron').at(-1)?.name;

function hostImage({ container, instance }: ResolvedEndpoint): string | undefined {
  if (instance?.kind === 'neuron') return NEURON_AMI;
  return instance?.kind === 'gpu' && container?.cuda !== undefined ? amiFor(container.cuda) : undefined;
}

const AMI_PATH = '/endpoint/inferenceAmiVersion';

function judged(resolved: ResolvedEndpoint): Examined {
  const rules = ruleContext(resolved);
  return { resolved, rules, findings: evaluateContext(rules) };
}

function memoryProblem(plan: Plan, spec: EndpointSpec): string | undefined {
  const { memory, maxConcurrency } = plan;
  const context = spec.options?.maxModelLen;
  if (memory.weights !== null && memory.usable !== null && memory.weights > memory.usable)
    return `weights of ${gib(memory.weights)} do not fit the ${gib(memory.usable)} that each accelerator has for them`;
  if (maxConcurrency !== null && maxConcurrency < 1)
    return `beside the weights, the cache holds no sequence of ${context} tokens (largest: ${plan.largestMaxModelLen ?? 0})`;
  return undefined;
}

function draftOf(
  spec: EndpointSpec,
  combination: Combination,
  plan: Plan,
  concurrency: number,
  instances: number,
): Draft {
  const hour = plan.cost.usdPerHour === null ? null : plan.cost.usdPerHour * instances;
  return {
    ...combination,
    instances,
    concurrency,
    requestsPerSecond: plan.estimate.requestsPerSecond,
    usdPerHour: hour,
    usdPerMonth: hour === null ? null : hour * HOURS_PER_MONTH,
    usdPerMillionOutputTokens: plan.cost.usdPerMillionOutputTokens,
    timeToFirstTokenMs: plan.estimate.timeToFirstTokenMs,
    interTokenMs: plan.estimate.interTokenMs,
    plan,
    warnings: [],
    spec: { ...spec, endpoint: { ...spec.endpoint, initialInstanceCount: instances } },
  };
}

function budgetProblem(draft: Draft, { maxUsdPerHour, maxUsdPerMonth }: Workload, region: string): string | undefined {
  if (maxUsdPerHour === undefined && maxUsdPerMonth === undefined) return undefined;
  if (draft.usdPerHour === null || draft.usdPerMonth === null)
    return `no price is known for ${draft.instanceType} in ${region}, so that a budget cannot be held: qe prices --region ${region} fetches it`;
  if (maxUsdPerHour !== undefined && draft.usdPerHour > maxUsdPerHour)
    return `costs $${draft.usdPerHour.toFixed(2)} an hour, and at most $${maxUsdPerHour} are allowed`;
  if (maxUsdPerMonth !== undefined && draft.usdPerMonth > maxUsdPerMonth)
    return `costs $${draft.usdPerMonth.toFixed(0)} a month, and at most $${maxUsdPerMonth} are allowed`;
  return undefined;
}

/**
 * What is known before what is not; the cheapest first, by what it likely costs where no price is known; then what no rule warns of; then the guide's more careful scheme; then the faster;
 * then by name, so that the order never depends on chance.
 */
function compare(a: Draft, b: Draft, order: readonly string[], region: string): number {
  return (
    unknowns(a) - unknowns(b) ||
    difference(orderingCost(a, region), orderingCost(b, region)) ||
    a.warnings.length - b.warnings.length ||
    position(order, a.quantization) - position(order, b.quantization) ||
    (b.requestsPerSecond ?? 0) - (a.requestsPerSecond ?? 0) ||
    (a.instanceType < b.instanceType ? -1 : a.instanceType > b.instanceType ? 1 : 0)
  );
}

/** Two that nothing is known of are equal. */
function difference(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function orderingCost({ usdPerHour, instanceType, instances }: Draft, region: string): number {
  return usdPerHour ?? likelyPrice(instanceType, region) * instances;
}

/** A ranking by cost needs both the price and the speed: without either, nobody knows how many instances the load takes. */
function unknowns({ usdPerHour, requestsPerSecond }: Draft): number {
  return (usdPerHour === null ? 1 : 0) + (requestsPerSecond === null ? 2 : 0);
}

function position(order: readonly string[], scheme: string): number {
  const at = order.indexOf(scheme);
  return at < 0 ? order.length : at;
}

/** Of several degrees of parallelism on one instance with one scheme and container, only the best is an option. */
function bestOfEach(sorted: readonly Draft[]): {
  readonly best: readonly Draft[];
  readonly dominated: readonly Rejection[];
} {
  const taken = new Map<string, Draft>();
  const dominated: Rejection[] = [];
  for (const draft of sorted) {
    const { instanceType, quantization, container, tensorParallelSize } = draft;
    const key = `${instanceType} ${quantization} ${container}`;
    const better = taken.get(key);
    if (better === undefined) taken.set(key, draft);
    else
      dominated.push({
        instanceType,
        quantization,
        container,
        tensorParallelSize,
        reason: 'DOMINATED',
        message: `tensor parallelism ${better.tensorParallelSize} on the same instance serves it better`,
      });
  }
  return { best: [...taken.values()], dominated };
}

/** The cheapest candidate of the first scheme in the guide's order that any candidate has. */
function firstOfGuide(candidates: readonly Candidate[], order: readonly string[]): Candidate | undefined {
  let first: Candidate | undefined;
  for (const candidate of candidates)
    if (first === undefined || position(order, candidate.quantization) < position(order, first.quantization))
      first = candidate;
  return first;
}

function combinationOf({ instanceType, quantization, container, tensorParallelSize }: Candidate): Combination {
  return { instanceType, quantization, container, tensorParallelSize };
}

function gib(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
