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
  vllmReleases,
  type ImageHost,
} from './images';
export { nearestVersion, resolveContainer } from './resolve';
export type { ContainerImage, EngineName, ImageLocation, RenderedContainer, ResolvedContainer } from './types';
