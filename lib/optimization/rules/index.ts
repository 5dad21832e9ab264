import { optimizationCompilationNotForModel } from './optimization-compilation-not-for-model';
import { optimizationEnvironmentLimits } from './optimization-environment-limits';
import { optimizationFp8NeedsNewerGpu } from './optimization-fp8-needs-newer-gpu';
import { optimizationGroupNotADivisor } from './optimization-group-not-a-divisor';
import { optimizationImageLacksTools } from './optimization-image-lacks-tools';
import { optimizationInstanceNewerThanSdk } from './optimization-instance-newer-than-sdk';
import { optimizationInstanceNotOffered } from './optimization-instance-not-offered';
import { optimizationModelAlreadyQuantized } from './optimization-model-already-quantized';
import { optimizationNotMaintained } from './optimization-not-maintained';
import { optimizationOutputInSource } from './optimization-output-in-source';
import { optimizationRuntimeOutOfRange } from './optimization-runtime-out-of-range';
import { optimizationSourceNotInS3 } from './optimization-source-not-in-s3';
import { optimizationTechniqueNotOnInstance } from './optimization-technique-not-on-instance';
import { optimizationTensorParallelism } from './optimization-tensor-parallelism';
import type { OptimizationRule } from './types';

/** Every rule of optimization jobs, in the order in which findings are reported. */
export const OPTIMIZATION_RULES: readonly OptimizationRule[] = [
  optimizationCompilationNotForModel,
  optimizationEnvironmentLimits,
  optimizationFp8NeedsNewerGpu,
  optimizationGroupNotADivisor,
  optimizationImageLacksTools,
  optimizationInstanceNewerThanSdk,
  optimizationInstanceNotOffered,
  optimizationModelAlreadyQuantized,
  optimizationNotMaintained,
  optimizationOutputInSource,
  optimizationRuntimeOutOfRange,
  optimizationSourceNotInS3,
  optimizationTechniqueNotOnInstance,
  optimizationTensorParallelism,
];
