import type { RealTimeEndpointProps } from '../endpoint/props';
import type { ServingContainerOptions } from '../shared/serving-container';
import type { NeuronCompilation, NeuronQuantization } from './options';

/**
 * Properties of `NeuronEndpoint`. `maxModelLen` is the sequence length, and `maxConcurrency` the batch size, for which
 * the model is compiled: by default 4,096 tokens and four sequences, or the most that fits.
 */
export interface NeuronEndpointProps extends RealTimeEndpointProps {
  /**
   * How the weights are stored. Decides which of the two images of AWS that still serve language models on Neuron is
   * taken.
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
   * Version of the image, or a copy of it.
   *
   * @default - Hugging Face: the newest that this release of the library knows; LMI: 0.29.0, the last with Neuron
   */
  readonly image?: ServingContainerOptions;
}
