import { describeModelOnce } from '../endpoint/describe-once';
import { QuantizedEndpointsError } from '../errors';
import { findInstance } from '../hardware';
import type { ModelDescription } from '../model/types';
import type { Finding } from '../rules/types';
import { OPTIMIZATION_RULES } from './rules';
import type { OptimizationSpec } from './types';

/** Everything that is wrong or risky about a job, before it is started. */
export function checkOptimization(spec: OptimizationSpec): readonly Finding[] {
  const context = {
    spec,
    instance: spec.instanceType === undefined ? undefined : findInstance(spec.instanceType),
    model: describe(spec),
  };
  return OPTIMIZATION_RULES.flatMap(({ id, severity, evaluate }) =>
    evaluate(context).map((finding) => ({ rule: id, severity, ...finding })),
  );
}

/** Undefined where nothing, or too little, is known of the model: the endpoint that serves the result says so. */
function describe({ model: { config } }: OptimizationSpec): ModelDescription | undefined {
  if (config === undefined) return undefined;
  try {
    return describeModelOnce(config);
  } catch (error) {
    if (error instanceof QuantizedEndpointsError) return undefined;
    throw error;
  }
}
