import { resolveEndpoint } from '../../endpoint/resolve';
import type { Instance } from '../../hardware/types';
import { shortestContext } from '../../model';
import type { ModelDescription } from '../../model/types';
import { bytesBeforeQuantizing, planMemory, startPeak, type Plan } from '../../plan';
import { schemeSupport } from '../../scheme';
import { dividesBy } from './divides';
import { imageForOtherProcessor } from '../image/image-for-other-processor';
import type { RuleContext } from '../types';
import { servedDtype } from './dtype';
import { headsFit } from './heads';
import { cheapestInstance, cheapestMachine, machineKind, SHARE_OF_WEIGHTS } from './instances';

/** A planned context that is short by less than this share is within the planner's own error: a warning, not an error. */
export const PLAN_ERROR = 0.07;

/** Tokens that the server will want to hold for one request; undefined where the model does not say. */
export function wantedContext(context: RuleContext): number | undefined {
  return context.options.maxModelLen;
}

/**
 * The longest context up to `tokens` that is there once it is asked for. vLLM's V0 reads prompts of models up to 32,768 tokens whole and longer
 * ones in small steps, so that a shorter context may leave its cache less.
 */
export function reachableContext({ spec, options }: RuleContext, tokens: number): number {
  let reachable = tokens;
  for (let round = 0; round < ROUNDS; round++) {
    const resolved = resolveEndpoint({ ...spec, options: Object.assign({}, spec.options, { maxModelLen: reachable }) });
    if (resolved.options.maxNumBatchedTokens === options.maxNumBatchedTokens) break;
    const { largestMaxModelLen: largest } = planMemory(resolved);
    if (largest === null || largest >= reachable) break;
    reachable = largest;
  }
  return reachable;
}

/** A shorter context leaves more, so that the second is nearly always there. */
const ROUNDS = 4;

interface Fit {
  readonly instance: Instance;
  readonly tensorParallelSize: number;
}

/** The cheapest instance of the region on which the model fits with the context it wants. */
export function cheapestFit(context: RuleContext): Fit | undefined {
  if (context.model === undefined) return undefined;
  const known = degreesOf(context, context.model);
  let tensorParallelSize: number | undefined;
  const instance = cheapestMachine(context.spec, (other, kind) => {
    if (!known.has(kind)) known.set(kind, fittingDegree(context, other));
    tensorParallelSize = known.get(kind);
    return tensorParallelSize !== undefined;
  });
  return instance === undefined || tensorParallelSize === undefined ? undefined : { instance, tensorParallelSize };
}

/** As `cheapestFit`, among the instances that `accepts`, though they be no others than a cheaper one of the same kind. */
export function cheapestFitOf(context: RuleContext, accepts: (instance: Instance) => boolean): Instance | undefined {
  if (context.model === undefined) return undefined;
  const known = degreesOf(context, context.model);
  return cheapestInstance(context.spec, (other) => {
    if (!accepts(other)) return false;
    const kind = machineKind(other);
    if (!known.has(kind)) known.set(kind, fittingDegree(context, other));
    return known.get(kind) !== undefined;
  });
}

/** The degree at which a model fits, by kind of machine; undefined where it does not fit. */
type Degrees = Map<string, number | undefined>;

/** Enough for a batch that tries a model in every way; one that never repeats itself must not grow without end. */
const MOST_REMEMBERED = 256;
const degrees = new WeakMap<ModelDescription, Map<string, Degrees>>();

/** A search plans dozens of machines; specs of a batch that differ in region, workload or instance only share what it found. */
function degreesOf({ instance, spec }: RuleContext, model: ModelDescription): Degrees {
  const { options, environment, container, quantization, groupSize, speculative } = spec;
  const asked = [options, environment, container, quantization, groupSize, speculative];
  const key = `${instance?.kind} ${JSON.stringify(asked)}`;
  let ofModel = degrees.get(model);
  if (ofModel === undefined) degrees.set(model, (ofModel = new Map()));
  let known = ofModel.get(key);
  if (known === undefined) {
    known = new Map();
    if (ofModel.size < MOST_REMEMBERED) ofModel.set(key, known);
  }
  return known;
}

/** `use ml.g5.12xlarge with tensorParallelSize 4`; undefined where nothing fits. */
export function fitText(context: RuleContext): string | undefined {
  const fit = cheapestFit(context);
  if (fit === undefined) return undefined;
  const asked = context.spec.options?.tensorParallelSize ?? 1;
  const degree =
    (fit.tensorParallelSize === 1 && asked === 1) || context.container?.engine === 'llama.cpp'
      ? ''
      : ` with tensorParallelSize ${fit.tensorParallelSize}`;
  return `use ${fit.instance.instanceType}${degree}`;
}

/** Most machines are too small, however many ranks they take: that is told before all else, from their number alone. */
function fittingDegree(context: RuleContext, instance: Instance): number | undefined {
  if (instance.kind !== (context.instance?.kind ?? 'gpu') || !runsImage(context, instance)) return undefined;
  const most = Math.max(1, instance.acceleratorCount);
  if (isSurelyTooLarge(context, instance, most)) return undefined;
  const { model } = context;
  const asked = context.spec.options?.tensorParallelSize;
  const isPossible = (degree: number): boolean =>
    degree >= 1 &&
    degree <= most &&
    (model === undefined || headsFit(model, degree)) &&
    !isSurelyTooLarge(context, instance, degree);
  if (!runsOn(context, instance)) return undefined;
  const suits = (degree: number) => isPossible(degree) && fits(context, instance, degree);
  if (asked !== undefined && suits(asked) && dividesBy(context, asked, 1)) return asked;
  // What does not fit on the most ranks fits on no fewer; what divides is asked last, as it takes longest.
  for (const degree of partsOf(most)) {
    if (degree === asked || !isPossible(degree)) continue;
    if (!fits(context, instance, degree)) return undefined;
    if (dividesBy(context, degree, 1)) return degree;
  }
  return undefined;
}

/** An image for Arm is compiled for some of its processors only. */
function runsImage(context: RuleContext, instance: Instance): boolean {
  if (instance.cpuArchitecture !== 'arm64') return true;
  const other = Object.create(context, { instance: { value: instance, enumerable: true } }) as RuleContext;
  return imageForOtherProcessor.evaluate(other).every(({ severity }) => severity === 'warning');
}

const parts = new Map<number, readonly number[]>();

/** What divides a number of accelerators, largest first. */
function partsOf(count: number): readonly number[] {
  let known = parts.get(count);
  if (known === undefined) {
    known = Array.from({ length: count }, (_, index) => count - index).filter((part) => count % part === 0);
    parts.set(count, known);
  }
  return known;
}

function runsOn(context: RuleContext, instance: Instance): boolean {
  if (servedDtype(context) === 'bfloat16' && instance.kind === 'gpu' && (instance.accelerator?.sm ?? 0) < 80)
    return false;
  return (
    schemeSupport(context.scheme, context.container, instance.accelerator, { moe: context.model?.moe !== undefined })
      .level !== 'unsupported'
  );
}

/** Of the weights planned here, what another GPU's kernel keeps at least: theirs differ by how they pad, by a seventh at most. */
const LEAST_KEPT = 0.8;

/** More ranks divide the weights at best evenly, and fewer make none smaller: most machines of a search can be told to be too small without a plan. */
function isSurelyTooLarge(
  { container, options, plan }: RuleContext,
  { accelerator }: Instance,
  degree: number,
): boolean {
  // llama.cpp leaves on the host what does not fit.
  if (accelerator === undefined || plan.memory.weights === null || container?.engine === 'llama.cpp') return false;
  const ranks = options.tensorParallelSize * options.pipelineParallelSize;
  return plan.memory.weights * Math.min(1, ranks / degree) * LEAST_KEPT >= accelerator.memoryBytesUsable;
}

function fits(context: RuleContext, instance: Instance, tensorParallelSize: number): boolean {
  const options = Object.assign({}, context.spec.options, { tensorParallelSize, pipelineParallelSize: 1 });
  const resolved = resolveEndpoint({ ...context.spec, instanceType: instance.instanceType, options });
  const { memory, largestMaxModelLen, kvCacheTokens } = planMemory(resolved);
  const room = memory.usable ?? (memory.total ?? 0) * SHARE_OF_WEIGHTS;
  const peak = startPeak(resolved);
  const needed =
    memory.weights === null ? Infinity : memory.weights + (peak === undefined ? 0 : peak.each * peak.count);
  if (needed >= room || (bytesBeforeQuantizing(resolved) ?? 0) >= (memory.total ?? Infinity)) return false;
  return holdsRequest({ largestMaxModelLen, kvCacheTokens }, resolved.model, wantedContext(context) ?? 1);
}

/** Is there room for a request of so many tokens? Where the model's own context is shorter, it is memory that counts and not what the model can do. */
export function holdsRequest(
  { largestMaxModelLen: largest, kvCacheTokens }: Pick<Plan, 'largestMaxModelLen' | 'kvCacheTokens'>,
  model: ModelDescription | undefined,
  tokens: number,
): boolean {
  if (largest === null || largest >= tokens) return true;
  const own = (model && shortestContext(model)?.tokens) ?? Infinity;
  return tokens > own && largest >= own && (kvCacheTokens ?? 0) >= tokens;
}
