import type { ModelSpec } from '../spec/types';

/** What a job does to the weights. */
export type Technique =
  | { readonly kind: 'awq'; readonly groupSize?: number; readonly ignoredLayers?: readonly string[] }
  | {
      readonly kind: 'fp8';
      readonly ignoredLayers?: readonly string[];
      /** Texts from which the activations' scales are measured. */
      readonly calibrationSamples?: number;
      /** Tokens of each of these texts. */
      readonly calibrationLength?: number;
    }
  | {
      readonly kind: 'tensorrt-llm';
      readonly tensorParallelSize: number;
      readonly quantization?: 'awq' | 'fp8' | 'smoothquant';
      readonly maxInputTokens?: number;
      readonly maxOutputTokens?: number;
      readonly maxBatchSize?: number;
    }
  | {
      readonly kind: 'neuron';
      readonly tensorParallelSize: number;
      readonly sequenceLength: number;
      readonly batchSize: number;
    }
  | { readonly kind: 'fast-model-loader'; readonly tensorParallelSize: number };

export type TechniqueKind = Technique['kind'];

/** A job, as far as it can be judged before it runs. What only deployment knows is left out. */
export interface OptimizationSpec {
  readonly technique: Technique;
  readonly model: ModelSpec;
  /** Where the model comes from; a job reads S3 only. */
  readonly modelData?: string;
  /** Instance that will serve the result. SageMaker chooses the one on which the job itself runs. */
  readonly instanceType?: string;
  /** Version of the image in which the job runs, such as `0.32.0-lmi14`; the service's choice where it is left out. */
  readonly imageVersion?: string;
  readonly sourceUri?: string;
  readonly outputUri?: string;
  /** Variables beside those of the technique. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly maxRuntimeSeconds?: number;
}
