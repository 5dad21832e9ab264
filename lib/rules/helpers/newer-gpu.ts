import type { Instance } from '../../hardware/types';
import type { RuleContext } from '../types';
import { cheapestMachine, SHARE_OF_WEIGHTS } from './instances';

/** Weights on all accelerators together; 0 where the plan cannot tell. */
function weightBytes({ options, plan }: RuleContext): number {
  return (plan.memory.weights ?? 0) * options.tensorParallelSize * options.pipelineParallelSize;
}

/**
 * The cheapest instance of the region with GPUs of a compute capability (times 10), enough of them for the ranks asked for, and memory for
 * the weights: `ml.g6.xlarge`; `a newer GPU` where there is none.
 */
export function newerGpu(context: RuleContext, leastSm: number): string {
  const { pipelineParallelSize, tensorParallelSize } = context.options;
  const ranks = tensorParallelSize * pipelineParallelSize;
  const weights = weightBytes(context);
  const isNewer = ({ accelerator, acceleratorCount }: Instance) =>
    accelerator?.sm !== undefined &&
    accelerator.sm >= leastSm &&
    acceleratorCount >= ranks &&
    acceleratorCount * accelerator.memoryBytesUsable * SHARE_OF_WEIGHTS >= weights;
  return cheapestMachine(context.spec, isNewer)?.instanceType ?? 'a newer GPU';
}
