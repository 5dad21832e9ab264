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

/** The instance's GPUs. Two dozen rules ask for them, and the text is for the one that has something to say. */
export class Gpu {
  constructor(
    private readonly instance: Instance,
    /** Compute capability × 10. */
    readonly sm: number,
  ) {}

  /** As `instanceText` has it. */
  get text(): string {
    return instanceText(this.instance);
  }
}

/** Undefined where there are none, or of unknown capability. */
export function gpuOf({ instance }: Pick<RuleContext, 'instance'>): Gpu | undefined {
  const sm = instance?.accelerator?.sm;
  return instance === undefined || sm === undefined ? undefined : new Gpu(instance, sm);
}

/** Compute capability × 10 of the instance's GPUs. */
export function smOf({ instance }: Pick<RuleContext, 'instance'>): number | undefined {
  return instance?.accelerator?.sm;
}

/** How this endpoint's container runs its scheme on its accelerators, or the one that it makes of full precision where it is asked to. */
export function supportOf(
  context: Pick<RuleContext, 'container' | 'instance' | 'model' | 'options' | 'scheme'>,
): SchemeSupport {
  const { container, instance, model } = context;
  return schemeSupport(servedScheme(context), container, instance?.accelerator, { moe: model?.moe !== undefined });
}
