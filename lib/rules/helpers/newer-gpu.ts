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
  const served = new Map<string, boolean>();
  const isNewer = ({ accelerator, acceleratorCount }: Instance): boolean => {
    if (accelerator?.sm === undefined || accelerator.sm < leastSm || acceleratorCount < ranks) return false;
    if (acceleratorCount * accelerator.memoryBytesUsable * SHARE_OF_WEIGHTS < weights) return false;
    const known = served.get(accelerator.key) ?? serves(context, accelerator);
    served.set(accelerator.key, known);
    return known;
  };
  // What the ranks that are asked for hold is best; else more of them will have to be asked for.
  let cheapest: Instance | undefined;
  const holding = cheapestMachine(context.spec, (instance) => {
    if (!isNewer(instance)) return false;
    cheapest ??= instance;
    return ranks * (instance.accelerator?.memoryBytesUsable ?? 0) * SHARE_OF_WEIGHTS >= weights;
  });
  return (holding ?? cheapest)?.instanceType ?? 'a newer GPU';
}
