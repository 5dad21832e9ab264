import type { EndpointSpec } from '../spec/types';
import type { Finding } from './types';

/** One way an endpoint may come to run: as the spec says, or on one of its instance pools. */
export interface SpecVariant {
  readonly spec: EndpointSpec;
  /** Turns a finding about this variant into one about the spec. */
  translate(finding: Finding): Finding;
}

/**
 * An endpoint with instance pools runs on whichever of them has capacity: each must work, so each is checked as an endpoint of its own.
 * The pool that is tried first comes first.
 */
export function variantsOf(spec: EndpointSpec): readonly SpecVariant[] {
  if (spec.instancePools === undefined || spec.instancePools.length === 0)
    return [{ spec, translate: (finding) => finding }];
  const order = spec.instancePools
    .map((pool, index) => ({ pool, index }))
    .sort((a, b) => (a.pool.priority ?? 1) - (b.pool.priority ?? 1));
  return order.map(({ pool, index }) => {
    const own: readonly (keyof EndpointSpec)[] = (['instanceType', 'model', 'quantization'] as const).filter(
      (key) => pool[key] !== undefined,
    );
    return {
      spec: {
        ...spec,
        // A pool that has a model of its own is quantized as that model says, not as the endpoint's.
        quantization: pool.quantization ?? (pool.model === undefined ? spec.quantization : undefined),
        model: pool.model ?? spec.model,
        instanceType: pool.instanceType,
        instancePools: undefined,
      },
      translate: (finding) => {
        const owner = own.find((key) => finding.path === `/${key}` || finding.path?.startsWith(`/${key}/`));
        if (owner === undefined) return finding;
        return {
          ...finding,
          message: `instance pool ${index + 1} (${pool.instanceType}): ${finding.message}`,
          path: `/instancePools/${index}${finding.path}`,
        };
      },
    };
  });
}

/** Drops what was found more than once, as by several pools that share the same fault. */
export function distinctFindings(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((_, index) => !standsBefore(findings, index));
}

/** By comparison with each: findings are few, and a key of each costs more. */
function standsBefore(findings: readonly Finding[], index: number): boolean {
  const { rule, path, message } = findings[index];
  for (let before = 0; before < index; before++) {
    const other = findings[before];
    if (other.rule === rule && other.path === path && other.message === message) return true;
  }
  return false;
}
