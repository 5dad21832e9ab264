import { inferenceAmis } from '../../lib/container';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { slotContext } from '../../lib/endpoint/slots';
import type { ResolvedEndpoint } from '../../lib/endpoint/types';
import { QuantizedEndpointsError } from '../../lib/errors';
import { check, planAnswer } from '../../lib/rules';
import type { ContainerFamily, EndpointOptions, EndpointSpec, ServingOptions } from '../../lib/spec/types';
import { estimateStart, type StartEstimate } from './start-time';

/** A spec in which everything that nobody asked for is worked out. */
export interface ChosenSpec {
  readonly spec: EndpointSpec;
  readonly start: StartEstimate;
}

/**
 * Sequences at full length that a context worked out here leaves room for, where nobody says how many there will be.
 */
const DEFAULT_CONCURRENCY = 4;

/**
 * More in one batch gains little on the GPUs of one instance, and is vLLM's own default; source:
 * vllm/engine/arg_utils.py.
 */
const MAX_CONCURRENCY = 256;

/**
 * Steps in which a context length is worked out: whole blocks of every engine's KV cache, and a number that people
 * can read.
 */
const CONTEXT_STEP = 256;

/**
 * The service's own choice, then each driver, oldest first. Of two images with one driver, the newer leaves CUDA's
 * compatibility to the container, as its images expect.
 */
const GPU_AMIS: readonly (string | undefined)[] = [
  undefined,
  ...new Map(
    inferenceAmis.filter(({ accelerator }) => accelerator === 'gpu').map(({ driver, name }) => [driver, name]),
  ).values(),
];

/** Containers whose tensor parallelism and batch are options of the spec. */
const GPU_SERVERS: readonly ContainerFamily[] = ['lmi', 'lmi-trtllm', 'vllm', 'sglang'];

/**
 * Works out what the user left open, from the plan and from the rules: of several values that is taken against which
 * the rules say least, so that defaults and rules cannot disagree. What the user set is never changed.
 */
export function chooseDefaults(
  asked: EndpointSpec,
  complete: (spec: EndpointSpec) => EndpointSpec = (spec) => spec,
): ChosenSpec {
  let spec = asked;
  spec = chooseTensorParallelism(spec);
  spec = chooseInferenceAmi(spec);
  spec = spec.container?.family === 'llama-cpp' ? chooseSlots(spec) : chooseContextAndConcurrency(spec);
  spec = complete(spec);
  const resolved = tryResolve(spec);
  const start = estimateStart(spec, resolved, planAnswer(spec));
  return { spec: withEndpoint(spec, withoutSet(start.endpoint, spec.endpoint)), start };
}

/** All GPUs, or the largest part of them by which the model divides. */
function chooseTensorParallelism(spec: EndpointSpec): EndpointSpec {
  const resolved = tryResolve(spec);
  const family = spec.container?.family;
  if (resolved?.instance?.kind !== 'gpu' || family === undefined || !GPU_SERVERS.includes(family)) return spec;
  if (spec.options?.tensorParallelSize !== undefined || setsByHand(resolved, spec, 'tensorParallelSize')) return spec;
  const devices = Math.floor(resolved.instance.acceleratorCount / (spec.options?.pipelineParallelSize ?? 1));
  const sizes = Array.from({ length: Math.max(1, devices) }, (_, index) => devices - index).filter(
    (size) => devices % size === 0,
  );
  // That some GPUs are left idle is a warning the user must see; it is no reason to leave all but one of them.
  return leastFindings(
    sizes.map((tensorParallelSize) => withOptions(spec, { tensorParallelSize })),
    'ignore',
  );
}

/** The service's own choice where it serves; else the oldest driver that does. */
function chooseInferenceAmi(spec: EndpointSpec): EndpointSpec {
  const kind = tryResolve(spec)?.instance?.kind;
  if (kind !== 'gpu' || spec.endpoint?.inferenceAmiVersion !== undefined) return spec;
  return leastFindings(
    GPU_AMIS.map((inferenceAmiVersion) => withEndpoint(spec, { inferenceAmiVersion })),
    'count',
  );
}

/** A driver for instances on which several specs have to run. */
export interface CommonAmi {
  /** Undefined is the service's own choice. */
  readonly inferenceAmiVersion?: string;
  /** Some spec runs with a driver of its own, and with no driver that the others run with. */
  readonly conflict: boolean;
}

/** The driver against which the rules say least, over all specs: a variant has one for all that runs on it. */
export function chooseCommonAmi(specs: readonly EndpointSpec[]): CommonAmi {
  const errorsOf = (spec: EndpointSpec, inferenceAmiVersion: string | undefined): number =>
    check(withEndpoint(spec, { inferenceAmiVersion })).findings.filter(({ severity }) => severity === 'error').length;
  const own = specs.map((spec) => errorsOf(spec, spec.endpoint?.inferenceAmiVersion)).reduce((a, b) => a + b, 0);
  const kinds = new Set(specs.map((spec) => tryResolve(spec)?.instance?.kind));
  if (!kinds.has('gpu')) return { conflict: false };
  // What a spec chose for itself comes first: it counts warnings as well.
  const candidates = new Set([...specs.map((spec) => spec.endpoint?.inferenceAmiVersion), ...GPU_AMIS]);
  let best: CommonAmi = { conflict: true };
  let fewest = Infinity;
  for (const inferenceAmiVersion of candidates) {
    const errors = specs.map((spec) => errorsOf(spec, inferenceAmiVersion)).reduce((a, b) => a + b, 0);
    if (errors < fewest) [best, fewest] = [{ inferenceAmiVersion, conflict: errors > own }, errors];
    if (errors <= own) break;
  }
  return best;
}

/** The longest context of which enough sequences fit; then as many sequences as fit. */
function chooseContextAndConcurrency(asked: EndpointSpec): EndpointSpec {
  let spec = asked;
  const family = spec.container?.family;
  if (family === undefined || !GPU_SERVERS.includes(family)) return spec;
  const resolved = tryResolve(spec);
  if (resolved === undefined) return spec;

  if (spec.options?.maxModelLen === undefined && !setsByHand(resolved, spec, 'maxModelLen')) {
    const concurrency = spec.options?.maxNumSeqs ?? spec.workload?.concurrency ?? DEFAULT_CONCURRENCY;
    const { kvCacheTokens, largestMaxModelLen } = planAnswer(spec);
    const own = resolved.model?.maxPositionEmbeddings;
    if (own !== undefined && kvCacheTokens !== null) {
      const fitting = Math.min(kvCacheTokens / concurrency, largestMaxModelLen ?? Infinity);
      const length = own <= fitting ? own : Math.floor(fitting / CONTEXT_STEP) * CONTEXT_STEP;
      if (length > 0) spec = withOptions(spec, { maxModelLen: length });
    }
  }
  if (spec.options?.maxNumSeqs === undefined && !setsByHand(resolved, spec, 'maxNumSeqs')) {
    const { maxConcurrency } = planAnswer(spec);
    if (maxConcurrency !== null && maxConcurrency >= 1)
      spec = withOptions(spec, { maxNumSeqs: Math.min(MAX_CONCURRENCY, Math.floor(maxConcurrency)) });
  }
  return spec;
}

/**
 * llama-server divides its context among the slots when their number is given, and otherwise lets four of them share
 * it, so that one long request starves the others. Hence the number is always given, and the context is that of one
 * sequence times the slots.
 */
function chooseSlots(asked: EndpointSpec): EndpointSpec {
  const resolved = tryResolve(asked);
  if (resolved === undefined || setsByHand(resolved, asked, 'maxModelLen') || setsByHand(resolved, asked, 'slots'))
    return asked;
  const given = asked.options?.slots;
  const counts =
    given === undefined ? Array.from({ length: DEFAULT_CONCURRENCY }, (_, i) => DEFAULT_CONCURRENCY - i) : [given];
  return leastFindings(
    counts.map((slots) => withSlots(asked, resolved, slots)),
    'count',
  );
}

function withSlots(asked: EndpointSpec, resolved: ResolvedEndpoint, slots: number): EndpointSpec {
  const given = asked.options?.maxModelLen;
  // One cache for all slots is as long as its longest request.
  const shares = tryResolve(withOptions(asked, { slots }))?.options.unifiedKvCache === true ? 1 : slots;
  if (given !== undefined) return withOptions(asked, { slots, maxModelLen: given * shares });
  const own = resolved.model?.maxPositionEmbeddings;
  if (own === undefined) return withOptions(asked, { slots });
  const { largestMaxModelLen } = planAnswer(withOptions(asked, { slots, maxModelLen: own * shares }));
  const fitting =
    largestMaxModelLen === null ? own : Math.floor(largestMaxModelLen / shares / CONTEXT_STEP) * CONTEXT_STEP;
  return withOptions(asked, { slots, maxModelLen: Math.max(CONTEXT_STEP, Math.min(own, fitting)) * shares });
}

/** Longest sequence that a spec lets through: llama-server's context is that of all its slots together. */
export function sequenceLength(spec: EndpointSpec): number | undefined {
  const resolved = tryResolve(spec);
  const length = resolved?.options.maxModelLen;
  if (resolved === undefined || length === undefined || spec.container?.family !== 'llama-cpp') return length;
  return Math.min(slotContext(length, resolved.options), resolved.model?.maxPositionEmbeddings ?? Infinity);
}

/** Did a variable among `environment` set this option? Then it is set, and a default would contradict it. */
function setsByHand(
  resolved: ResolvedEndpoint,
  spec: EndpointSpec,
  option: keyof ServingOptions & keyof ResolvedEndpoint['options'],
): boolean {
  if (spec.environment === undefined) return false;
  const without = tryResolve({ ...spec, environment: undefined });
  return without !== undefined && without.options[option] !== resolved.options[option];
}

/** The first of the candidates with the fewest errors and, among those, with the fewest warnings where these count. */
export function leastFindings(candidates: readonly EndpointSpec[], warnings: 'count' | 'ignore'): EndpointSpec {
  let best = candidates[0];
  let fewest = Infinity;
  for (const candidate of candidates) {
    const { findings } = check(candidate);
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    const weight = errors * 1000 + (warnings === 'count' ? findings.length - errors : 0);
    if (weight < fewest) [best, fewest] = [candidate, weight];
    if (fewest === 0) break;
  }
  return best;
}

/** Undefined where the spec cannot be resolved; `planAnswer` then says why. */
export function tryResolve(spec: EndpointSpec): ResolvedEndpoint | undefined {
  try {
    return resolveEndpoint(spec);
  } catch (error) {
    if (error instanceof QuantizedEndpointsError) return undefined;
    throw error;
  }
}

function withOptions(spec: EndpointSpec, options: ServingOptions): EndpointSpec {
  return { ...spec, options: { ...spec.options, ...options } };
}

function withEndpoint(spec: EndpointSpec, endpoint: EndpointOptions): EndpointSpec {
  const merged = { ...spec.endpoint, ...endpoint };
  for (const key of Object.keys(merged) as (keyof EndpointOptions)[]) if (merged[key] === undefined) delete merged[key];
  return { ...spec, endpoint: merged };
}

function withoutSet(chosen: EndpointOptions, set: EndpointOptions = {}): EndpointOptions {
  return { ...chosen, ...Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined)) };
}
