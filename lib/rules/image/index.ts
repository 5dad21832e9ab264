import type { Rule } from '../types';
import { customImageInvalid } from './custom-image-invalid';
import { customImageWithoutServe } from './custom-image-without-serve';
import { driverNotOfferedForInstance } from './driver-not-offered-for-instance';
import { driverTooNewForImage } from './driver-too-new-for-image';
import { driverTooOldForImage } from './driver-too-old-for-image';
import { imageForOtherProcessor } from './image-for-other-processor';
import { imageInOtherRegion } from './image-in-other-region';
import { imageNotInEcr } from './image-not-in-ecr';
import { imageNotInRegion } from './image-not-in-region';
import { imageUriContradictsRegion } from './image-uri-contradicts-region';
import { imageVersionUnknown } from './image-version-unknown';
import { inferenceAmiForOtherAccelerator } from './inference-ami-for-other-accelerator';
import { inferenceAmiUnknown } from './inference-ami-unknown';
import { tgiModelNotServed } from './tgi-model-not-served';
import { tgiSlidingWindowMissing } from './tgi-sliding-window-missing';
import { trtllmImageDiscontinued } from './trtllm-image-discontinued';

export const imageRules: readonly Rule[] = [
  customImageInvalid,
  customImageWithoutServe,
  imageNotInEcr,
  imageInOtherRegion,
  imageVersionUnknown,
  imageNotInRegion,
  imageForOtherProcessor,
  inferenceAmiUnknown,
  inferenceAmiForOtherAccelerator,
  driverTooOldForImage,
  driverTooNewForImage,
  driverNotOfferedForInstance,
  tgiModelNotServed,
  tgiSlidingWindowMissing,
  trtllmImageDiscontinued,
  imageUriContradictsRegion,
];
