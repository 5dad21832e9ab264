import { SpecError } from '../../lib/errors';
import type { Technique } from '../../lib/optimization';

/** Options of `OptimizationTechnique.awq`. */
export interface AwqOptimizationOptions {
  /**
   * Weights that share one scale.
   *
   * @default 128
   */
  readonly groupSize?: number;

  /**
   * Names of layers that stay in 16 bits.
   *
   * @default - none
   */
  readonly ignoredLayers?: string[];
}

/** Options of `OptimizationTechnique.fp8`. */
export interface Fp8OptimizationOptions {
  /**
   * Names of layers that stay in 16 bits.
   *
   * @default - `lm_head`
   */
  readonly ignoredLayers?: string[];

  /**
   * Texts from which the scales of the activations are measured.
   *
   * @default 512
   */
  readonly calibrationSamples?: number;

  /**
   * Tokens of each of these texts.
   *
   * @default 2048
   */
  readonly calibrationLength?: number;
}

/** How a TensorRT-LLM engine is quantized. */
export enum EngineQuantization {
  /** INT4 weights, 16-bit activations. */
  AWQ = 'awq',
  /** FP8 weights and activations. */
  FP8 = 'fp8',
  /** INT8 weights and activations, outliers moved into the weights. */
  SMOOTHQUANT = 'smoothquant',
}

/** Options of `OptimizationTechnique.tensorRtLlm`. */
export interface EngineOptimizationOptions {
  /** GPUs for which the engine is split. The endpoint must have as many. */
  readonly tensorParallelSize: number;

  /**
   * How the engine is quantized.
   *
   * @default - not at all
   */
  readonly quantization?: EngineQuantization;

  /**
   * Longest prompt of the engine, tokens.
   *
   * @default - the image's own
   */
  readonly maxInputTokens?: number;

  /**
   * Longest answer of the engine, tokens.
   *
   * @default - the image's own
   */
  readonly maxOutputTokens?: number;

  /**
   * Sequences at once of the engine.
   *
   * @default - the image's own
   */
  readonly maxBatchSize?: number;
}

/** Options of `OptimizationTechnique.neuron`: the one shape for which the model is compiled. */
export interface NeuronOptimizationOptions {
  /** NeuronCores over which each layer is split. */
  readonly tensorParallelSize: number;

  /** Longest sequence, prompt and answer together, tokens. */
  readonly sequenceLength: number;

  /**
   * Sequences at once.
   *
   * @default 1
   */
  readonly batchSize?: number;
}

/** What SageMaker does to the weights of a model, beforehand, on an instance of its own. */
export class OptimizationTechnique {
  /** INT4 weights by AWQ (AutoAWQ). The result is an ordinary AWQ checkpoint, which every newer vLLM serves. */
  static awq(options: AwqOptimizationOptions = {}): OptimizationTechnique {
    return new OptimizationTechnique({ kind: 'awq', ...options });
  }

  /** FP8 weights and activations (llm-compressor). The result is a compressed-tensors checkpoint for vLLM. */
  static fp8(options: Fp8OptimizationOptions = {}): OptimizationTechnique {
    return new OptimizationTechnique({ kind: 'fp8', ...options });
  }

  /**
   * A TensorRT-LLM engine for one type of GPU, quantized or not. It runs in LMI’s TensorRT-LLM only, which AWS publishes
   * no more.
   */
  static tensorRtLlm(options: EngineOptimizationOptions): OptimizationTechnique {
    return new OptimizationTechnique({ kind: 'tensorrt-llm', ...options });
  }

  /** INT8 by SmoothQuant: a TensorRT-LLM engine, since SageMaker makes it in no other form. */
  static smoothQuant(options: EngineOptimizationOptions): OptimizationTechnique {
    if (options.quantization !== undefined && options.quantization !== EngineQuantization.SMOOTHQUANT)
      throw new SpecError('OPTIMIZATION_QUANTIZATION_GIVEN_TWICE', 'smoothQuant is asked for another quantization', {
        got: options.quantization,
        allowed: EngineQuantization.SMOOTHQUANT,
        fix: 'leave quantization out, or use OptimizationTechnique.tensorRtLlm',
        path: '/technique/quantization',
      });
    return new OptimizationTechnique({ kind: 'tensorrt-llm', ...options, quantization: 'smoothquant' });
  }

  /** Graphs for Inferentia2 or Trainium, compiled for one shape, in LMI 0.29 of 2024: the last that SageMaker has. */
  static neuron(options: NeuronOptimizationOptions): OptimizationTechnique {
    return new OptimizationTechnique({ kind: 'neuron', batchSize: 1, ...options });
  }

  /**
   * Weights cut for SageMaker’s Fast Model Loader, which streams them from S3 into the GPUs. It lives in LMI up to 14
   * (0.32.0) only, and serves endpoints of inference components only. On a newer image, set `loadFormat` to
   * `runai_streamer`, which needs no job.
   *
   * @param tensorParallelSize GPUs for which the weights are cut. The endpoint must have as many.
   */
  static fastModelLoader(tensorParallelSize: number): OptimizationTechnique {
    return new OptimizationTechnique({ kind: 'fast-model-loader', tensorParallelSize });
  }

  private constructor(/** @internal */ public readonly _technique: Technique) {}
}
