export {
  newestKnownVllm,
  llamaCppRemoved,
  llamaCppTemplates,
  llamaCppWords,
  vllmArgument,
  vllmArgumentVersions,
  type ArgumentKind,
  type OtherVersions,
  type ServerArgument,
} from './arguments';
export { entryPointAge, isOfHuggingFace, type EntryPointAge } from './entry-points';
export { environmentOf, hasModelFiles } from './environment';
export {
  defaultDriver,
  findInferenceAmi,
  inferenceAmis,
  limitOf,
  neededDriver,
  patternOf,
  type InferenceAmi,
  type LimitName,
} from './hosting';
export {
  buildSpan,
  comesAfter,
  ggufArchitectures,
  isGoneBy,
  LLAMA_CPP_BUILDS_SOURCE,
  llamaCppBuild,
  llamaCppHas,
  llamaCppName,
  type BuildSpan,
  type LlamaCppChange,
} from './llama-cpp-builds';
export { parseImageUri, type ImageUri } from './image-uri';
export {
  defaultVersion,
  dnsSuffixOf,
  findContainerImage,
  findImage,
  findImages,
  imageDataDate,
  imageVersions,
  locateImage,
  partitionOf,
  registryAccounts,
  registryRegions,
  type ImageHost,
} from './images';
export { llamaServerVariables } from './llama-server';
export { renderContainer } from './render';
export { nearestVersion, resolveContainer } from './resolve';
export {
  isCommon,
  isOldTensorRt,
  knownVariables,
  optionVariable,
  optionVariablesOf,
  type ContainerVariable,
  type ContainerVariables,
} from './variables';
export type { ContainerImage, EngineName, ImageLocation, RenderedContainer, ResolvedContainer } from './types';
