import type { ContainerFamily, ContainerSpec } from '../spec/types';
import { compareVersions, parseVersion, type Version } from '../text/version';
import { parseImageUri } from './image-uri';
import { defaultVersion, findContainerImage, engineReleases, imageVersions, type ImageHost } from './images';
import { buildOfTag } from './llama-cpp-builds';
import type { ContainerImage, EngineName, ResolvedContainer } from './types';

/** Namespace of the variables that a family's entry point turns into server arguments. */
const PREFIXES: Readonly<Partial<Record<ContainerFamily, string>>> = {
  lmi: 'OPTION_',
  'lmi-trtllm': 'OPTION_',
  'lmi-neuron': 'OPTION_',
  vllm: 'SM_VLLM_',
  sglang: 'SM_SGLANG_',
  'llama-cpp': 'SM_LLAMA_CPP_',
  'hf-vllm-neuron': 'SM_ON_',
  'vllm-neuron': 'SM_VLLM_',
};

const ENGINES: Readonly<Record<ContainerFamily, EngineName>> = {
  lmi: 'vllm',
  'lmi-trtllm': 'tensorrt-llm',
  'lmi-neuron': 'transformers-neuronx',
  vllm: 'vllm',
  sglang: 'sglang',
  'llama-cpp': 'llama.cpp',
  'hf-vllm-neuron': 'neuron-vllm',
  'vllm-neuron': 'neuron-vllm',
  custom: 'unknown',
};

/**
 * What a spec's container is: engine, engine version and CUDA of the image it names. With no version the newest image
 * is meant. A version that is not in the data takes the knowledge of the nearest one, named in `assumedVersion`; a
 * plain release of vLLM or SGLang (`0.8.5`) needs no image.
 *
 * @param host of the instance, which decides between images of one version for GPU, x86 and Arm
 * @returns `undefined` only where the spec has no container
 */
export function resolveContainer(
  spec: ContainerSpec | undefined,
  _region?: string,
  host?: ImageHost,
): ResolvedContainer | undefined {
  if (!spec) return undefined;
  const { family } = spec;
  if (family === 'custom') return customContainer(spec);
  // One object for each image, so that what is worked out about it once is found again.
  const key = `${family} ${host?.kind} ${host?.cpuArchitecture} ${spec.version ?? ''}`;
  let container = resolved.get(key);
  if (!container) {
    container = resolveVersion(spec, host);
    if (resolved.size < MOST_REMEMBERED) resolved.set(key, container);
  }
  return container;
}

const resolved = new Map<string, ResolvedContainer>();
const MOST_REMEMBERED = 1024;

function resolveVersion(spec: ContainerSpec, host: ImageHost | undefined): ResolvedContainer {
  const { family } = spec;
  const isDefault = spec.version === undefined || spec.version === '' || spec.version === 'latest';
  const version = isDefault ? (defaultVersion(family) ?? '') : (spec.version ?? '');
  const image = findContainerImage(family, version, host);
  if (image) return fromImage(image, isDefault);
  const floating = floatingImage(family, version, host);
  if (floating) return { ...fromImage(floating, false), version, tag: undefined };
  return releaseContainer(family, version) ?? assumed(family, version, host);
}

function fromImage(image: ContainerImage, versionDefaulted: boolean): ResolvedContainer {
  const lmi = /-lmi(\d+)/.exec(image.tag)?.[1];
  return {
    family: image.family,
    version: image.version,
    tag: image.tag,
    engine: image.engine,
    engineVersion: image.engineVersion,
    versionDefaulted,
    cuda: image.cuda,
    environmentPrefix: PREFIXES[image.family],
    repository: image.repository,
    ...(lmi === undefined ? {} : { lmi: Number(lmi) }),
  };
}

/** A tag that AWS moves on to each release of a minor version: `0.5-gpu-py312-cu129-ubuntu24.04-sagemaker-v1`. Source: aws/deep-learning-containers docs/src/data, `tags`. */
const FLOATING = /^(\d+\.\d+)-gpu-py3\d+(?:-cu(\d{3})\b.*)?$/;

/** The newest image that such a tag has come to, of the CUDA that it names. */
function floatingImage(family: ContainerFamily, tag: string, host: ImageHost | undefined): ContainerImage | undefined {
  const [, minor, cuda] = FLOATING.exec(tag) ?? [];
  if (minor === undefined) return undefined;
  const images = imageVersions(family)
    .filter((name) => isNumbered(name) && name.startsWith(`${minor}.`))
    .flatMap((name) => findContainerImage(family, name, host) ?? []);
  return images.find((image) => cuda === undefined || image.cuda === Number(cuda));
}

/** A release of vLLM or SGLang, or a build of llama.cpp, that AWS made no image of: the engine is known, the image and its CUDA are not. */
function releaseContainer(family: ContainerFamily, version: string): ResolvedContainer | undefined {
  const build = family === 'llama-cpp' ? buildOfTag(version) : undefined;
  if (build !== undefined)
    return {
      family,
      version,
      engine: ENGINES[family],
      engineVersion: [build],
      versionDefaulted: false,
      environmentPrefix: PREFIXES[family],
    };
  const plain = version.replace(/^v/, '');
  if (!engineReleases(family).includes(plain)) return undefined;
  return {
    family,
    version: plain,
    engine: ENGINES[family],
    engineVersion: parseVersion(plain),
    versionDefaulted: false,
    environmentPrefix: PREFIXES[family],
  };
}

function assumed(family: ContainerFamily, version: string, host: ImageHost | undefined): ResolvedContainer {
  const nearest = nearestVersion(family, version);
  const image = findContainerImage(family, nearest, host);
  const known = image ? fromImage(image, false) : releaseContainer(family, nearest);
  const cuda = /-cu(\d{3})\b/.exec(version)?.[1];
  return {
    ...(known ?? { family, engine: ENGINES[family], versionDefaulted: false, environmentPrefix: PREFIXES[family] }),
    version,
    tag: undefined,
    ...(isReleaseOf(family, version, nearest, image) ? {} : { assumedVersion: nearest }),
    // What the tag itself says is worth more than the nearest image's.
    cuda: cuda === undefined ? known?.cuda : Number(cuda),
  };
}

/** What AWS puts behind a tag when it builds the image anew: `0.36.0-lmi20.0.0-cu128-v1.0`. Source: aws/deep-learning-containers, release notes. */
const REBUILD = /-v\d{1,3}(\.\d{1,3})*$/;

/**
 * Does a tag that is not in the data say itself what is in it? AWS's tags of vLLM and SGLang name release, Python and
 * CUDA: `0.11.2-gpu-py312-cu129-ubuntu22.04-sagemaker`, as do Hugging Face's and SGLang's own (`v0.5.4-cu129`); those of
 * LMI its number and CUDA: `0.32.0-lmi14.0.0-cu124`.
 */
function isReleaseOf(
  family: ContainerFamily,
  tag: string,
  release: string,
  image: ContainerImage | undefined,
): boolean {
  const plain = tag.replace(REBUILD, '');
  if (image?.tag === plain) return true;
  const name = escaped(release);
  if (/-lmi\d+$/.test(release)) return new RegExp(`^${name}\\.0\\.0-cu1\\d\\d$`).test(plain);
  return (
    engineReleases(family).includes(release) &&
    new RegExp(`^v?${name}(-transformers[\\d.]+)?(-gpu-py3\\d+)?-cu1\\d\\d\\b`).test(tag)
  );
}

function escaped(version: string): string {
  return version.replaceAll('.', '\\.');
}

/**
 * The known version nearest to one that is not known: the newest that is not newer, else the oldest. For vLLM and
 * SGLang the releases count as well as the images.
 */
export function nearestVersion(family: ContainerFamily, version: string): string {
  const releases = engineReleases(family);
  const names =
    releases.length > 0 ? [...imageVersions(family).filter(isNumbered), ...releases] : imageVersions(family);
  const wanted = orderOf(version);
  const fallback = defaultVersion(family) ?? names[0];
  if (!wanted) return fallback;
  const dated = names
    .map((name) => ({ name, at: orderOf(name) }))
    .filter((entry): entry is { name: string; at: Version } => entry.at !== undefined)
    .sort((a, b) => compareVersions(b.at, a.at));
  return (dated.find((entry) => compareVersions(entry.at, wanted) <= 0) ?? dated.at(-1))?.name ?? fallback;
}

/** A version as numbers that order it; LMI's own number follows that of DJL Serving: `[0, 36, 0, 27]` for `0.36.0-lmi27`. */
function orderOf(version: string): Version | undefined {
  const base = parseVersion(version);
  const lmi = /-lmi(\d{1,9})/.exec(version)?.[1];
  return base && lmi !== undefined ? [...base.slice(0, 3), Number(lmi)] : base;
}

const isNumbered = (name: string) => /^\d+(\.\d+)*$/.test(name);

/** A custom image is understood as far as its URI names a repository we know: `vllm/vllm-openai:v0.8.5`. */
function customContainer(spec: ContainerSpec): ResolvedContainer {
  const uri = spec.image === undefined ? undefined : parseImageUri(spec.image);
  return {
    family: 'custom',
    version: spec.version,
    tag: uri?.tag,
    engine: uri?.engine ?? 'unknown',
    engineVersion: uri?.engineVersion,
    versionDefaulted: false,
    cuda: uri?.cuda,
    repository: uri?.repository,
  };
}
