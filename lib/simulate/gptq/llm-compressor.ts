import { gridOf, type QuantizationArgs } from '../compressed-tensors/scheme';
import type { KernelEngine } from '../kernels/engine';
import type { InputMoments } from '../moments/moments';
import { assertWholeGroups } from '../rows/quantize-matrix';
import type { Matrix } from '../tensor';
import { byActivation, factorHessian, type FactoredHessian } from './hessian';
import { roundByHessian, type GptqRows } from './round';

/** llm-compressor's `GPTQModifier`, as far as values depend on it. */
export interface GptqModifierArgs {
  readonly weights: QuantizationArgs;
  /** Share of the Hessian's mean diagonal that is added to it. */
  readonly dampening_frac: number;
  /** `static` and `weight` are the same: columns are rounded by falling activation, and groups stay where they are. */
  readonly actorder?: 'static' | 'weight' | null;
  /** Calibration sequences; scales the reported loss alone. */
  readonly samples: number;
}

/** The Hessian of a layer, factored as the modifier does; one that cannot be inverted leaves rounding to nearest. */
export function factorForLlmCompressor(
  engine: KernelEngine,
  moments: InputMoments,
  args: GptqModifierArgs,
): FactoredHessian {
  const order = args.actorder ? byActivation : undefined;
  return factorHessian(engine, moments, (2 * moments.tokens) / args.samples, { percent: args.dampening_frac }, order);
}

/** Rounds rows of a layer as llm-compressor 0.14 does: scales come from the original weights. */
export function quantizeGptqModifier(
  engine: KernelEngine,
  matrix: Matrix,
  hessian: FactoredHessian,
  args: GptqModifierArgs,
): GptqRows {
  const grid = gridOf(args.weights);
  assertWholeGroups(grid, matrix.columns);
  return roundByHessian(engine, matrix, hessian, grid, 'static');
}
