import type { Rule } from '../types';
import { asyncNeedsNewerLmi } from './async-needs-newer-lmi';
import { asyncWithInferenceComponents } from './async-with-inference-components';
import { asyncWithModelPackage } from './async-with-model-package';
import { bucketInOtherRegion } from './bucket-in-other-region';
import { downloadTimeoutOutOfRange } from './download-timeout-out-of-range';
import { endpointNameInvalid } from './endpoint-name-invalid';
import { endpointSettingAsVariable } from './endpoint-setting-as-variable';
import { environmentTooLarge } from './environment-too-large';
import { fastModelLoaderNeedsComponents } from './fast-model-loader-needs-components';
import { gatedModelWithoutAccess } from './gated-model-without-access';
import { hubFromWithinVpc } from './hub-from-within-vpc';
import { hubTokenInPlainText } from './hub-token-in-plain-text';
import { instancePoolsInvalid } from './instance-pools-invalid';
import { modelLargerThanDisk } from './model-larger-than-disk';
import { modelPackageWithoutIsolation } from './model-package-without-isolation';
import { networkIsolationNeedsLocalModel } from './network-isolation-needs-local-model';
import { s3PrefixWithoutSlash } from './s3-prefix-without-slash';
import { s3UriInvalid } from './s3-uri-invalid';
import { serverNotOnPort8080 } from './server-not-on-port-8080';
import { startupTimeoutBelowLoadingTimeout } from './startup-timeout-below-loading-timeout';
import { startupTimeoutOutOfRange } from './startup-timeout-out-of-range';
import { tarballAsPrefix } from './tarball-as-prefix';
import { tarballExceedsMemory } from './tarball-exceeds-memory';
import { timeoutBelowDownload } from './timeout-below-download';
import { volumeSizeNotAllowed } from './volume-size-not-allowed';
import { volumeSizeNotVerified } from './volume-size-not-verified';
import { volumeSizeOutOfRange } from './volume-size-out-of-range';

export const platformRules: readonly Rule[] = [
  endpointNameInvalid,
  startupTimeoutOutOfRange,
  downloadTimeoutOutOfRange,
  startupTimeoutBelowLoadingTimeout,
  volumeSizeNotAllowed,
  volumeSizeNotVerified,
  volumeSizeOutOfRange,
  modelLargerThanDisk,
  s3UriInvalid,
  s3PrefixWithoutSlash,
  bucketInOtherRegion,
  tarballAsPrefix,
  tarballExceedsMemory,
  networkIsolationNeedsLocalModel,
  hubFromWithinVpc,
  hubTokenInPlainText,
  gatedModelWithoutAccess,
  environmentTooLarge,
  endpointSettingAsVariable,
  serverNotOnPort8080,
  asyncWithModelPackage,
  asyncNeedsNewerLmi,
  asyncWithInferenceComponents,
  instancePoolsInvalid,
  fastModelLoaderNeedsComponents,
  timeoutBelowDownload,
  modelPackageWithoutIsolation,
];
