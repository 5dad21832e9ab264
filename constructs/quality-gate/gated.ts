import type { EndpointSpec } from '../../lib/spec/types';
import { tryResolve } from '../endpoint/defaults';
import { servedCache, type QuantizedCache } from './kv-cache';

/** What a gate knows of an endpoint that it is asked about. */
export interface GatedEndpoint {
  /** `id` of the model in the spec. */
  readonly modelId?: string;
  readonly scheme?: string;
  readonly groupSize?: number;
  /** Undefined: keys and values are stored as they are. */
  readonly cache?: QuantizedCache;
}

/** What of a spec decides about quality. Of one that cannot be resolved other findings say why. */
export function gatedEndpoint(spec: EndpointSpec): GatedEndpoint {
  const resolved = tryResolve(spec);
  return {
    modelId: spec.model.id,
    scheme: resolved?.scheme.name,
    groupSize: resolved?.scheme.groupSize,
    cache: resolved && servedCache(resolved),
  };
}
