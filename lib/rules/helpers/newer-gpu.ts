import type { Instance } from '../../hardware/types';
import { schemeSupport } from '../../scheme';
import type { RuleContext } from '../types';
import { cheapestMachine, SHARE_OF_WEIGHTS } from './instances';

/** Weights on all accelerators together; 0 where the plan cannot tell. */
function weightBytes({ options, plan }: RuleContext): number {
  return (plan.memory.weights ?? 0) * options.tensorParallelSize * options.pipelineParallelSize;
}

/** Not every newer GPU has what an older one has: some kernels are compiled for a few of them only. */
function serves({ container, model, scheme }: RuleContext, accelerator: Instance['accelerator']): boolean {
  return schemeSupport(scheme, container, accelerator, { moe: model?.moe !== undefined }).level !== 'unsupported';
}

/**
 * The cheapest instance of the region with GPUs of a compute capability (times 10), enough of them for the ranks asked for, and memory for
 * the weights: `ml.g6.xlarge`; `a newer GPU` where there is none.
 */
export function newerGpu(context: RuleContext, leastSm: number): string {
  const { pipelineParallelSize, tensorParallelSize } = context.options;
  const ranks = tensorParallelSize * pipelineParallelSize;
  const weights = weightBytes(context);
  const isNewer = ({ accelerator, acceleratorCount }: Instance, counted = acceleratorCount) =>
    accelerator?.sm !== undefined &&
    accelerator.sm >= leastSm &&
    acceleratorCount >= ranks &&
    counted * accelerator.memoryBytesUsable * SHARE_OF_WEIGHTS >= weights &&
    serves(context, accelerator);
  // What the ranks that are asked for hold is best; else more of them will have to be asked for.
  const holding = cheapestMachine(context.spec, (instance) => isNewer(instance, ranks));
  return (holding ?? cheapestMachine(context.spec, (instance) => isNewer(instance)))?.instanceType ?? 'a newer GPU';
}
