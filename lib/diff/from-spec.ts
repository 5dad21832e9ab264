import { renderContainer } from '../container';
import { resolveEndpoint } from '../endpoint/resolve';
import type { EndpointSpec } from '../spec/types';
import type { EndpointFacts } from './types';

/**
 * What a spec makes of an endpoint, with the habits of this library's constructs: an endpoint that scales retains its count
 * through an update, and one that may have no instance at all holds its model in an inference component.
 */
export function factsOfSpec(spec: EndpointSpec, key = spec.id ?? 'endpoint'): EndpointFacts {
  const { initialInstanceCount, minInstanceCount, maxInstanceCount, ...endpoint } = spec.endpoint ?? {};
  const least = minInstanceCount ?? initialInstanceCount ?? 1;
  const most = maxInstanceCount ?? Math.max(1, initialInstanceCount ?? least);
  const scales = most > least;
  return {
    source: 'spec',
    key,
    endpointName: endpoint.endpointName,
    instanceType: spec.instanceType,
    ...containerOf(spec),
    weights: spec.model.id,
    initialInstanceCount: initialInstanceCount ?? Math.max(1, least),
    minInstanceCount: least,
    maxInstanceCount: most,
    scales,
    retainsCount: scales,
    hostsComponents: endpoint.inferenceComponents === true || least === 0,
    spec,
  };
}

function containerOf(spec: EndpointSpec): Pick<EndpointFacts, 'image' | 'environment'> {
  try {
    const resolved = resolveEndpoint(spec);
    const { container } = resolved;
    return {
      image: spec.container?.image ?? (container && [container.family, container.version].filter(Boolean).join(' ')),
      environment: renderContainer(resolved).environment,
    };
  } catch {
    // Why it cannot be resolved is among the findings of the spec.
    return { image: spec.container?.image ?? spec.container?.family, environment: spec.environment };
  }
}
