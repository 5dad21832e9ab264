import type { Checkpoint } from '../../format';
import type { Scheme } from '../../scheme';
import type { Calibration } from '../calibration/calibration';
import { CheckpointWeights } from '../checkpoint-weights';
import { Decoder, type DecoderProgress, type VariantFigures } from '../forward/decoder';
import { decoderShape } from '../forward/decoder-shape';
import { createKernelEngine } from '../kernels/create';
import { recipeOf } from '../schemes/recipe';
import { schemeVariant } from './variants';
import type { TextWindows } from './windows';

export interface EvaluationOptions {
  readonly schemes: readonly Scheme[];
  readonly text: TextWindows;
  readonly calibration?: Calibration;
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DecoderProgress) => void;
}

export interface Evaluation {
  /** Of full precision. */
  readonly full: VariantFigures;
  /** In the order of the schemes asked for. */
  readonly schemes: readonly (VariantFigures & { readonly notes: readonly string[] })[];
}

/**
 * What each scheme does to the model's predictions: perplexity, divergence and agreement against full precision, over the same
 * windows of a held-out text. Weights are quantized and decoded again, activations go through their quantized form where the
 * scheme's kernels do that; arithmetic is f32.
 *
 * @throws SimulationError `FORWARD_PASS_UNSUPPORTED`, `TENSOR_MISSING`, `TENSOR_SHAPE_MISMATCH`, `WEIGHT_NOT_FINITE`,
 *   `SIMULATION_OUT_OF_MEMORY`; the signal's reason
 */
export async function evaluate(checkpoint: Checkpoint, options: EvaluationOptions): Promise<Evaluation> {
  const { schemes, text, calibration, threads, signal, onProgress } = options;
  const shape = decoderShape(checkpoint.config);
  const engine = createKernelEngine();
  const source = new CheckpointWeights(checkpoint, engine);
  const variants = schemes.map((scheme) => schemeVariant(engine, recipeOf(scheme, checkpoint), shape, calibration));
  const decoder = new Decoder({ source, shape, threads, signal, onProgress });
  const [full, ...figures] = await decoder.evaluate(
    text.windows,
    variants.map(({ variant }) => variant),
  );
  return { full, schemes: figures.map((values, index) => ({ ...values, notes: variants[index].notes })) };
}
