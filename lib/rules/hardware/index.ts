import type { Rule } from '../types';
import { activationDtypeNotAccepted } from './activation-dtype-not-accepted';
import { attentionBackendHeadSize } from './attention-backend-head-size';
import { attentionBackendNeedsNewerGpu } from './attention-backend-needs-newer-gpu';
import { attentionBackendNotOnGpu } from './attention-backend-not-on-gpu';
import { attentionBackendWithoutCacheDtype } from './attention-backend-without-cache-dtype';
import { attentionBackendWithoutSinks } from './attention-backend-without-sinks';
import { attentionSoftCapNotSupported } from './attention-soft-cap-not-supported';
import { bfloat16NeedsAmpere } from './bfloat16-needs-ampere';
import { containerNeedsAccelerator } from './container-needs-accelerator';
import { cuda13WithoutVolta } from './cuda-13-without-volta';
import { expertBackendNotForWeights } from './expert-backend-not-for-weights';
import { expertKernelNotOnGpu } from './expert-kernel-not-on-gpu';
import { expertRunnerNotForWeights } from './expert-runner-not-for-weights';
import { expertShareNotAligned } from './expert-share-not-aligned';
import { float16OverflowsModel } from './float16-overflows-model';
import { gpuTooOldForServer } from './gpu-too-old-for-server';
import { headSizeExceedsSharedMemory } from './head-size-exceeds-shared-memory';
import { hybridAttentionBackendNotOnGpu } from './hybrid-attention-backend-not-on-gpu';
import { instanceTypeUnknown } from './instance-type-unknown';
import { int8KernelFailsOnTuring } from './int8-kernel-fails-on-turing';
import { kvCacheDtypeNeedsNewerGpu } from './kv-cache-dtype-needs-newer-gpu';
import { latentAttentionWithoutBackend } from './latent-attention-without-backend';
import { nvfp4KernelNotOnGpu } from './nvfp4-kernel-not-on-gpu';
import { quantizationNeedsNewerGpu } from './quantization-needs-newer-gpu';
import { quantizationNotVerifiedOnGpu } from './quantization-not-verified-on-gpu';
import { quantizationRunsWeightOnly } from './quantization-runs-weight-only';
import { sparseAttentionNeedsHopper } from './sparse-attention-needs-hopper';
import { v1EngineNeedsAmpere } from './v1-engine-needs-ampere';

export const hardwareRules: readonly Rule[] = [
  instanceTypeUnknown,
  containerNeedsAccelerator,
  gpuTooOldForServer,
  cuda13WithoutVolta,
  nvfp4KernelNotOnGpu,
  quantizationNeedsNewerGpu,
  quantizationRunsWeightOnly,
  quantizationNotVerifiedOnGpu,
  expertKernelNotOnGpu,
  expertShareNotAligned,
  expertBackendNotForWeights,
  expertRunnerNotForWeights,
  bfloat16NeedsAmpere,
  float16OverflowsModel,
  activationDtypeNotAccepted,
  int8KernelFailsOnTuring,
  kvCacheDtypeNeedsNewerGpu,
  attentionBackendNotOnGpu,
  attentionBackendNeedsNewerGpu,
  hybridAttentionBackendNotOnGpu,
  v1EngineNeedsAmpere,
  attentionBackendWithoutSinks,
  attentionBackendWithoutCacheDtype,
  attentionSoftCapNotSupported,
  sparseAttentionNeedsHopper,
  latentAttentionWithoutBackend,
  attentionBackendHeadSize,
  headSizeExceedsSharedMemory,
];
