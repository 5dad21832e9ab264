import type { RealTimeEndpointProps } from '../endpoint/props';
import type { ServingContainerOptions } from '../shared/serving-container';
import type { GgufServingProps } from './options';

/** Properties of `GgufEndpoint`. */
export interface GgufEndpointProps extends RealTimeEndpointProps, GgufServingProps {
  /**
   * Version of AWS's llama.cpp image, or a copy of it. Whether it is the one for NVIDIA GPUs, x86 or Graviton follows
   * from the instance type.
   *
   * @default - the newest that this release of the library knows, from AWS's registry
   */
  readonly llamaCpp?: ServingContainerOptions;
}
