import type { Rule } from '../types';
import { neuronArchitectureNotExported } from './neuron-architecture-not-exported';
import { neuronCacheDoesNotFit } from './neuron-cache-does-not-fit';
import { neuronCompiledLength } from './neuron-compiled-length';
import { neuronCompilingOutlastsStart } from './neuron-compiling-outlasts-start';
import { neuronCoreFilledByWeights } from './neuron-core-filled-by-weights';
import { neuronCoreTopology } from './neuron-core-topology';
import { neuronCoresExceeded } from './neuron-cores-exceeded';
import { neuronDriverDefault } from './neuron-driver-default';
import { neuronHostMemoryForCompiling } from './neuron-host-memory-for-compiling';
import { neuronImageNotForChip } from './neuron-image-not-for-chip';
import { neuronIsolatedWithoutCache } from './neuron-isolated-without-cache';
import { neuronKvHeadsExpanded } from './neuron-kv-heads-expanded';
import { neuronLargeInt8KnownFailure } from './neuron-large-int8-known-failure';
import { neuronLogicalCores } from './neuron-logical-cores';
import { neuronPipelineNotSupported } from './neuron-pipeline-not-supported';
import { neuronQuantizationNotServed } from './neuron-quantization-not-served';
import { neuronQuantizedAttentionBias } from './neuron-quantized-attention-bias';
import { neuronRopeScalingNotRead } from './neuron-rope-scaling-not-read';
import { neuronRuntimeNewerThanDriver } from './neuron-runtime-newer-than-driver';
import { neuronSdkNotForChip } from './neuron-sdk-not-for-chip';

export const neuronRules: readonly Rule[] = [
  neuronArchitectureNotExported,
  neuronCacheDoesNotFit,
  neuronCompiledLength,
  neuronCompilingOutlastsStart,
  neuronCoreTopology,
  neuronCoresExceeded,
  neuronDriverDefault,
  neuronHostMemoryForCompiling,
  neuronImageNotForChip,
  neuronIsolatedWithoutCache,
  neuronKvHeadsExpanded,
  neuronLargeInt8KnownFailure,
  neuronLogicalCores,
  neuronPipelineNotSupported,
  neuronQuantizationNotServed,
  neuronQuantizedAttentionBias,
  neuronRopeScalingNotRead,
  neuronRuntimeNewerThanDriver,
  neuronCoreFilledByWeights,
  neuronSdkNotForChip,
];
