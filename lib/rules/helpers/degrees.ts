import type { RuleContext } from '../types';
import { anyOf } from './finding';
import { headsFit } from './heads';

/** How many ways tensors are cut; 1 for a server that does not cut tensors. */
export function tensorDegree(context: RuleContext): number {
  return context.container?.engine === 'llama.cpp' ? 1 : context.options.tensorParallelSize;
}

/** Degrees people use, when no instance says how many accelerators there are. */
const USUAL = [1, 2, 4, 8, 16, 32];

/** The degrees, up to what the instance has, that `accepts`; the largest of them last. */
export function workingDegrees(context: RuleContext, accepts: (degree: number) => boolean): readonly number[] {
  const devices = context.instance?.acceleratorCount;
  const all = devices === undefined ? USUAL : Array.from({ length: Math.max(1, devices) }, (_, index) => index + 1);
  return all.filter(accepts);
}

/** `set tensorParallelSize to 2`: the next degree below that divides the heads and that `accepts`, and all that would. */
export function degreeFix(
  context: RuleContext,
  accepts: (degree: number) => boolean,
): { readonly allowed: string; readonly fix: string; readonly degree?: number } {
  const { model } = context;
  const working = workingDegrees(
    context,
    (degree) => (model === undefined || headsFit(model, degree)) && accepts(degree),
  );
  const asked = tensorDegree(context);
  if (working.length === 0)
    return { allowed: 'no tensor-parallel degree', fix: 'choose another checkpoint or group size' };
  const below = working.filter((degree) => degree < asked);
  const best = below.at(-1) ?? working[0];
  return { allowed: `tensorParallelSize ${anyOf(working)}`, fix: `set tensorParallelSize to ${best}`, degree: best };
}
