import type { Rule } from '../types';
import { activationOrderRemoved } from './activation-order-removed';
import { autoRoundNotKnown } from './auto-round-not-known';
import { awqLayoutNotGemm } from './awq-layout-not-gemm';
import { bitsandbytesCheckpointNotRead } from './bitsandbytes-checkpoint-not-read';
import { bitsandbytesLoadFormat } from './bitsandbytes-load-format';
import { bitsandbytesLoaderWithoutMethod } from './bitsandbytes-loader-without-method';
import { bitsandbytesNotInArchitecture } from './bitsandbytes-not-in-architecture';
import { bitsandbytesStorageNotBytes } from './bitsandbytes-storage-not-bytes';
import { classifierHeadNotPackable } from './classifier-head-not-packable';
import { compressedSchemeNewerThanServer } from './compressed-scheme-newer-than-server';
import { expertGateMisread } from './expert-gate-misread';
import { expertsNeedFloat16 } from './experts-need-float16';
import { expertsNotQuantizable } from './experts-not-quantizable';
import { expertsTargetNotLinear } from './experts-target-not-linear';
import { fp8BlocksNeedNewerServer } from './fp8-blocks-need-newer-server';
import { gptqAsymmetricRemoved } from './gptq-asymmetric-removed';
import { ggufRepositoryNotRead } from './gguf-repository-not-read';
import { gptqV2Misread } from './gptq-v2-misread';
import { cacheScalesNotPlaced } from './cache-scales-not-placed';
import { kvCacheSchemeNotRead } from './kv-cache-scheme-not-read';
import { modeloptAlgorithmNotInServer } from './modelopt-algorithm-not-in-server';
import { onlineFp8Renamed } from './online-fp8-renamed';
import { onlineMethodNeedsExperts } from './online-method-needs-experts';
import { quantizationBitsNotSupported } from './quantization-bits-not-supported';
import { quantizationConfigNested } from './quantization-config-nested';
import { quantizationFlagContradictsCheckpoint } from './quantization-flag-contradicts-checkpoint';
import { quantizationFlagUnknown } from './quantization-flag-unknown';
import { quantizationFlagWithoutCheckpoint } from './quantization-flag-without-checkpoint';
import { quantizationMethodDeprecated } from './quantization-method-deprecated';
import { quantizationNotInServer } from './quantization-not-in-server';
import { schemeContradictsCheckpoint } from './scheme-contradicts-checkpoint';
import { visionEncoderNotPackable } from './vision-encoder-not-packable';
import { sglangCompressedSchemeMissing } from './sglang-compressed-scheme-missing';
import { sglangLinearAttentionQuantized } from './sglang-linear-attention-quantized';
import { sglangMethodNeedsVllm } from './sglang-method-needs-vllm';
import { sglangVisionEncoderQuantized } from './sglang-vision-encoder-quantized';
import { sparsityRemoved } from './sparsity-removed';
import { tgiCheckpointNotRead } from './tgi-checkpoint-not-read';
import { trtllmGroupSize } from './trtllm-group-size';

export const checkpointRules: readonly Rule[] = [
  activationOrderRemoved,
  autoRoundNotKnown,
  awqLayoutNotGemm,
  bitsandbytesLoadFormat,
  bitsandbytesCheckpointNotRead,
  bitsandbytesNotInArchitecture,
  bitsandbytesStorageNotBytes,
  expertsNeedFloat16,
  expertsNotQuantizable,
  expertsTargetNotLinear,
  fp8BlocksNeedNewerServer,
  gptqAsymmetricRemoved,
  ggufRepositoryNotRead,
  gptqV2Misread,
  kvCacheSchemeNotRead,
  cacheScalesNotPlaced,
  modeloptAlgorithmNotInServer,
  onlineFp8Renamed,
  onlineMethodNeedsExperts,
  quantizationBitsNotSupported,
  quantizationFlagContradictsCheckpoint,
  quantizationFlagUnknown,
  quantizationFlagWithoutCheckpoint,
  quantizationMethodDeprecated,
  quantizationNotInServer,
  schemeContradictsCheckpoint,
  sparsityRemoved,
  tgiCheckpointNotRead,
  trtllmGroupSize,
  compressedSchemeNewerThanServer,
  quantizationConfigNested,
  bitsandbytesLoaderWithoutMethod,
  classifierHeadNotPackable,
  expertGateMisread,
  sglangCompressedSchemeMissing,
  sglangLinearAttentionQuantized,
  sglangMethodNeedsVllm,
  sglangVisionEncoderQuantized,
  visionEncoderNotPackable,
];
