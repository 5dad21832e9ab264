import type { RealTimeEndpointProps } from '../endpoint/props';
import type { ServingContainerOptions } from '../shared/serving-container';
import type { VllmNeuronImage } from './image';
import type { NeuronCompilation, NeuronQuantization } from './options';

/**
 * Properties of `NeuronEndpoint`. `maxModelLen` is the sequence length, and `maxConcurrency` the batch size, for which
 * the model is compiled: by default 4,096 tokens and four sequences, or the most that fits.
 */
export interface NeuronEndpointProps extends RealTimeEndpointProps {
  /**
   * How the weights are stored. Without `vllmImage` it decides which of the two images of AWS that still serve language
   * models on Neuron is taken.
   *
   * @default NeuronQuantization.NONE
   */
  readonly quantization?: NeuronQuantization;

  /**
   * When the model is compiled.
   *
   * @default NeuronCompilation.AT_START
   */
  readonly compilation?: NeuronCompilation;

  /**
   * NeuronCores over which each layer is split. Inferentia2 and Trainium have two a chip; only certain numbers are wired
   * to each other.
   *
   * @default - the most of the instance that the model divides by and the hardware joins
   */
  readonly tensorParallelSize?: number;

  /**
   * Physical cores that one logical core joins: 1 or 2 on Trainium2, 1 elsewhere.
   *
   * @default - the chip's own
   */
  readonly logicalNeuronCores?: number;

  /**
   * An image of vLLM on Neuron that is built in your account. It stores weights in INT8 and FP8, and serves more
   * architectures than the others.
   *
   * @default - an image of AWS: Hugging Face’s, or LMI 0.29 for INT8
   */
  readonly vllmImage?: VllmNeuronImage;

  /**
   * With `vllmImage`: parts of module names that stay in 16 bits when all else is quantized, such as `lm_head`.
   *
   * @default - attention where it has biases, which NxD Inference cannot quantize; else none
   */
  readonly unquantizedModules?: string[];

  /**
   * Version of the image, or a copy of it.
   *
   * @default - Hugging Face: the newest that this release of the library knows; LMI: 0.29.0, the last with Neuron
   */
  readonly image?: ServingContainerOptions;
}
