import { splitLayers } from '../../plan/weights/split-layers';
import type { RuleContext } from '../types';

export { inputShare, outputShares, splitLayers, type SplitLayer } from '../../plan/weights/split-layers';

/** Features of an expert's hidden layer that one rank holds; undefined for a model without experts. */
export function expertShare(context: RuleContext, degree: number): number | undefined {
  const size = context.model?.moe?.expertIntermediateSize;
  if (size === undefined) return undefined;
  return context.options.expertParallel ? size : size / degree;
}

/** Are the experts' matrices quantized? */
export function quantizesExperts(context: RuleContext): boolean {
  return splitLayers(context).some((layer) => layer.kind === 'expert' && layer.quantized);
}
