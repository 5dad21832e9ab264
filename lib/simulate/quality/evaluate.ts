import { SimulationError } from '../../errors';
import type { Checkpoint } from '../../format';
import type { ImportanceMatrix } from '../../format/imatrix';
import type { Scheme } from '../../scheme';
import type { Calibration } from '../calibration/calibration';
import { CheckpointWeights } from '../checkpoint-weights';
import { Decoder } from '../forward/decoder';
import type { DecoderProgress, VariantFigures } from '../forward/decoder-run';
import { decoderShape, type DecoderShape } from '../forward/decoder-shape';
import { createKernelEngine } from '../kernels/create';
import { recipeOf } from '../schemes/recipe';
import { fitsHeads, type KvQuantization } from '../forward/kv-cache';
import { diagnoseInputs, explain, type InputDiagnosis } from './diagnose';
import { mixedVariant, schemeVariant } from './variants';
import type { TextWindows } from './windows';

export interface EvaluationOptions {
  readonly schemes: readonly Scheme[];
  readonly text: TextWindows;
  readonly calibration?: Calibration;
  /** For GGUF types. */
  readonly importance?: ImportanceMatrix;
  /** How keys and values are stored; with it, full precision is evaluated once more with that cache alone. */
  readonly kv?: KvQuantization;
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DecoderProgress) => void;
}

export interface Evaluation {
  /** Of full precision. */
  readonly full: VariantFigures;
  /** Of full precision with the quantized KV cache, where one was asked for. */
  readonly kvCache?: VariantFigures & { readonly kv: KvQuantization };
  /** Inputs that INT8 activations serve badly, where there is calibration; those that suffer most first. */
  readonly inputs: readonly InputDiagnosis[];
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
  const { schemes, text, calibration, importance, kv = 'none', threads, signal, onProgress } = options;
  const shape = decoderShape(checkpoint.config);
  assertCacheFits(kv, shape);
  const engine = createKernelEngine();
  const source = new CheckpointWeights(checkpoint, engine);
  const made = schemes.map((scheme) =>
    schemeVariant(recipeOf(scheme, checkpoint, importance), { engine, shape, calibration, kv }),
  );
  const variants = made.map(({ variant }) => variant);
  if (kv !== 'none') variants.unshift(mixedVariant(`KV cache in ${kv}`, () => undefined, { engine, shape, kv }));
  const decoder = new Decoder({ source, shape, threads, signal, onProgress });
  const [full, ...figures] = await decoder.evaluate(text.windows, variants);
  const kvCache = kv === 'none' ? undefined : { ...figures[0], kv };
  const inputs = calibration === undefined ? [] : await diagnoseInputs(calibration);
  return {
    full,
    kvCache,
    inputs,
    schemes: figures.slice(kvCache === undefined ? 0 : 1).map((values, index) => ({
      ...values,
      notes: [...made[index].notes, ...explain(schemes[index], inputs, values.perplexity / full.perplexity - 1)],
    })),
  };
}

/** @throws SimulationError `KV_CACHE_NOT_DIVISIBLE`: llama.cpp would not start */
export function assertCacheFits(kv: KvQuantization, { headDim }: DecoderShape): void {
  if (fitsHeads(kv, headDim)) return;
  throw new SimulationError('KV_CACHE_NOT_DIVISIBLE', `a KV cache in ${kv} needs heads of whole blocks`, {
    got: `heads of ${headDim}`,
    allowed: 'a multiple of 32',
    fix: '--kv-cache fp8, or leave it out',
  });
}
