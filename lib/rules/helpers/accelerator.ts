import { capability, schemeSupport, type SchemeSupport } from '../../scheme';
import type { Instance } from '../../hardware/types';
import type { RuleContext } from '../types';

/** `ml.p3.2xlarge (V100, 7.0)`. */
export function instanceText(instance: Instance): string {
  const { accelerator } = instance;
  if (accelerator === undefined) return `${instance.instanceType} (CPU)`;
  const sm = accelerator.sm === undefined ? '' : `, ${capability(accelerator.sm)}`;
  return `${instance.instanceType} (${accelerator.key}${sm})`;
}

/** Compute capability × 10 of the instance's GPUs. */
export function smOf({ instance }: Pick<RuleContext, 'instance'>): number | undefined {
  return instance?.accelerator?.sm;
}

/** How this endpoint's container runs its scheme on its accelerators. */
export function supportOf({
  container,
  instance,
  model,
  scheme,
}: Pick<RuleContext, 'container' | 'instance' | 'model' | 'scheme'>): SchemeSupport {
  return schemeSupport(scheme, container, instance?.accelerator, { moe: model?.moe !== undefined });
}
