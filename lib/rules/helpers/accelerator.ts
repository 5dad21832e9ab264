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

/** Specs of a batch ask the same question over and over; the answers are few. */
const CAPACITY = 4096;
const answers = new Map<string, SchemeSupport>();
const known = new WeakMap<object, SchemeSupport>();

/** How this endpoint's container runs its scheme on its accelerators. */
export function supportOf(context: RuleContext): SchemeSupport {
  let support = known.get(context);
  if (support === undefined) {
    support = remembered(context);
    known.set(context, support);
  }
  return support;
}

function remembered(context: RuleContext): SchemeSupport {
  const { container, instance, model, scheme } = context;
  const moe = model?.moe !== undefined;
  const key = [JSON.stringify(scheme), container?.family, container?.version, instance?.accelerator?.key, moe].join(
    ' ',
  );
  let support = answers.get(key);
  if (support === undefined) {
    support = schemeSupport(scheme, container, instance?.accelerator, { moe });
    if (answers.size >= CAPACITY) answers.clear();
    answers.set(key, support);
  }
  return support;
}
