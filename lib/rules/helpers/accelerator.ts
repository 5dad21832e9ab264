import { servedScheme } from '../../plan/online';
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

/** How this endpoint's container runs its scheme on its accelerators; of SGLang, the one that it makes of full precision where it is asked to. */
export function supportOf(
  context: Pick<RuleContext, 'container' | 'instance' | 'model' | 'options' | 'scheme'>,
): SchemeSupport {
  const { container, instance, model } = context;
  const scheme = container?.engine === 'sglang' ? servedScheme(context) : context.scheme;
  return schemeSupport(scheme, container, instance?.accelerator, { moe: model?.moe !== undefined });
}
