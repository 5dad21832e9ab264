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

export interface Gpu {
  /** As `instanceText` has it. */
  readonly text: string;
  /** Compute capability × 10. */
  readonly sm: number;
}

/** The instance's GPUs; undefined where there are none, or of unknown capability. */
export function gpuOf(context: Pick<RuleContext, 'instance'>): Gpu | undefined {
  const sm = smOf(context);
  return context.instance === undefined || sm === undefined ? undefined : { text: instanceText(context.instance), sm };
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
