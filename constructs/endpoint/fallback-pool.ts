import type { InstanceType } from '../shared/instance-type';
import type { ModelSource } from '../shared/model-source';
import type { QuantizationScheme } from '../shared/quantization-scheme';

/** Instances to take when none of the types before can be had, with a model that suits them. */
export interface FallbackPool {
  /** Machine that serves the model. */
  readonly instanceType: InstanceType;

  /**
   * Where the weights come from that this type serves, such as AWQ weights for GPUs that cannot compute in FP8.
   *
   * @default - the endpoint's `model`
   */
  readonly model?: ModelSource;

  /**
   * How the weights are stored and computed on this type.
   *
   * @default - what the checkpoint's `config.json` says; with the endpoint's `model`, as on the endpoint
   */
  readonly quantization?: QuantizationScheme;

  /**
   * GPUs over which each layer is split.
   *
   * @default - all of the instance, or the largest part of them by which the model divides
   */
  readonly tensorParallelSize?: number;
}
