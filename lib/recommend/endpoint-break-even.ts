import type { EndpointSpec } from '../spec/types';
import { breakEvenOf } from './break-even';
import { recommend, type RecommendOptions } from './recommend';
import type { BreakEven } from './types';

/**
 * An endpoint against the next cheaper way to serve its model and workload: another instance, scheme or degree of parallelism.
 *
 * @returns `null` where there is none, or where prices or speeds are not known
 */
export function endpointBreakEven(spec: EndpointSpec, options: RecommendOptions = {}): BreakEven | null {
  if (spec.instanceType === undefined || spec.region === undefined || spec.model.config === undefined) return null;
  const own = recommend(spec, options).candidates.at(0);
  if (own === undefined) return null;
  const { instanceType: _instance, environment: _environment, endpoint: _endpoint, ...free } = spec;
  const { tensorParallelSize: _degree, ...others } = spec.options ?? {};
  const family = spec.container?.family;
  const alternatives = recommend(
    { ...free, quantization: undefined, container: undefined, options: others },
    options,
  ).candidates.filter(({ container }) => family === undefined || container === family || container === 'llama-cpp');
  return breakEvenOf(own, alternatives);
}
