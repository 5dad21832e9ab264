import { resolveEndpoint } from '../../endpoint/resolve';
import type { Instance } from '../../hardware/types';
import type { ModelDescription } from '../../model/types';
import { makePlan } from '../../plan';
import { schemeSupport } from '../../scheme';
import type { EndpointSpec } from '../../spec/types';
import type { RuleContext } from '../types';
import { servedDtype } from './dtype';
import { cheapestByAccelerators } from './instances';

/** A planned context that is short by less than this share is within the planner's own error: a warning, not an error. */
export const PLAN_ERROR = 0.07;

/** Tokens that the server will want to hold for one request; undefined where the model does not say. */
export function wantedContext(context: RuleContext): number | undefined {
  return context.options.maxModelLen;
}

interface Fit {
  readonly instance: Instance;
  readonly tensorParallelSize: number;
}

/** The search plans dozens of machines; specs of a batch that fail alike share its result. */
const found = new WeakMap<ModelDescription, Map<string, Fit | undefined>>();

/** The cheapest instance of the region on which the model fits with the context it wants. */
export function cheapestFit(context: RuleContext): Fit | undefined {
  const { model } = context;
  if (model === undefined) return undefined;
  const {
    id: _id,
    model: _model,
    instanceType: _instanceType,
    workload: _workload,
    endpoint: _endpoint,
    ...rest
  } = context.spec;
  const key = `${context.instance?.kind} ${context.spec.model.weightBytes} ${JSON.stringify(rest)}`;
  let fits = found.get(model);
  if (fits === undefined) found.set(model, (fits = new Map()));
  if (!fits.has(key)) fits.set(key, search(context));
  return fits.get(key);
}

function search(context: RuleContext): Fit | undefined {
  let tensorParallelSize = 1;
  const instance = cheapestByAccelerators(context.spec, (other) => {
    const degree = fittingDegree(context, other);
    if (degree !== undefined) tensorParallelSize = degree;
    return degree !== undefined;
  });
  return instance === undefined ? undefined : { instance, tensorParallelSize };
}

/** `use ml.g5.12xlarge with tensorParallelSize 4`; undefined where nothing fits. */
export function fitText(context: RuleContext): string | undefined {
  const fit = cheapestFit(context);
  if (fit === undefined) return undefined;
  const degree =
    fit.tensorParallelSize === 1 || context.container?.engine === 'llama.cpp'
      ? ''
      : ` with tensorParallelSize ${fit.tensorParallelSize}`;
  return `use ${fit.instance.instanceType}${degree}`;
}

function fittingDegree(context: RuleContext, instance: Instance): number | undefined {
  if (!runsOn(context, instance)) return undefined;
  const heads = context.model?.numAttentionHeads ?? 0;
  const asked = context.spec.options?.tensorParallelSize;
  const degrees = [...new Set([...(asked === undefined ? [] : [asked]), instance.acceleratorCount])];
  return degrees.find(
    (degree) =>
      degree >= 1 &&
      degree <= Math.max(1, instance.acceleratorCount) &&
      (heads <= 0 || heads % degree === 0) &&
      fits(context, instance, degree),
  );
}

function runsOn(context: RuleContext, instance: Instance): boolean {
  if (instance.kind !== (context.instance?.kind ?? 'gpu')) return false;
  if (servedDtype(context) === 'bfloat16' && instance.kind === 'gpu' && (instance.accelerator?.sm ?? 0) < 80)
    return false;
  return (
    schemeSupport(context.scheme, context.container, instance.accelerator, { moe: context.model?.moe !== undefined })
      .level !== 'unsupported'
  );
}

function fits(context: RuleContext, instance: Instance, tensorParallelSize: number): boolean {
  const spec: EndpointSpec = {
    ...context.spec,
    instanceType: instance.instanceType,
    options: { ...context.spec.options, tensorParallelSize, pipelineParallelSize: 1 },
  };
  const { memory, largestMaxModelLen } = makePlan(resolveEndpoint(spec));
  if (memory.weights === null || memory.usable === null || memory.weights >= memory.usable) return false;
  return largestMaxModelLen === null || largestMaxModelLen >= (wantedContext(context) ?? 1);
}
