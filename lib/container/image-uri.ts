import { parseVersion } from '../text/version';
import { findImages } from './images';
import { buildOfTag } from './llama-cpp-builds';
import type { EngineName } from './types';
import { CONTAINER_FAMILIES } from '../spec/types';

/** An image URI taken apart, and what its repository and tag tell. */
export interface ImageUri {
  readonly registry?: string;
  /** Account and region of an ECR registry. */
  readonly account?: string;
  readonly region?: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
  readonly engine?: EngineName;
  readonly engineVersion?: readonly number[];
  readonly cuda?: number;
}

const URI =
  /^(?:([\w.-]+\.[\w.-]+(?::\d+)?|localhost(?::\d+)?)\/)?([\w./-]+?)(?::([\w.+-]+))?(?:@(sha256:[0-9a-f]{64}))?$/;
const ECR = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\./;

/** Repository names that tell the engine, whoever built the image. */
const ENGINE_BY_REPOSITORY: readonly (readonly [RegExp, EngineName])[] = [
  [/(^|\/)vllm-openai$|(^|\/)(huggingface-)?vllm$/, 'vllm'],
  [/(^|\/)(lmsysorg\/|huggingface-)?sglang$/, 'sglang'],
  [/(^|\/)tensorrt-?llm(\/release)?$/, 'tensorrt-llm'],
  [/(^|\/)llama\.?-?cpp(-arm64)?$|(^|\/)huggingface-llamacpp$/, 'llama.cpp'],
];

/** Takes an image URI apart; `undefined` for text that is not one. */
export function parseImageUri(text: string): ImageUri | undefined {
  const match = URI.exec(text.slice(0, 512));
  if (!match) return undefined;
  const [, registry, repository, tag, digest] = match;
  const ecr = registry === undefined ? null : ECR.exec(registry);
  const engine = ENGINE_BY_REPOSITORY.find(([pattern]) => pattern.test(repository))?.[1];
  const known = tag === undefined ? undefined : knownImage(repository, tag);
  const cuda = tag === undefined ? undefined : /(?:^|-)cu(\d{3})(?:-|$)/.exec(tag)?.[1];
  return {
    registry,
    account: ecr?.[1],
    region: ecr?.[2],
    repository,
    tag,
    digest,
    engine: known?.engine ?? engine,
    engineVersion: known?.engineVersion ?? (engine && tag !== undefined ? releaseOf(engine, tag) : undefined),
    cuda: known?.cuda ?? (cuda === undefined ? undefined : Number(cuda)),
  };
}

function releaseOf(engine: EngineName, tag: string): readonly number[] | undefined {
  if (engine !== 'llama.cpp') return parseVersion(tag);
  const build = buildOfTag(tag);
  return build === undefined ? undefined : [build];
}

function knownImage(repository: string, tag: string) {
  for (const family of CONTAINER_FAMILIES) {
    const image = findImages(family, tag).find(
      (candidate) => candidate.tag === tag && candidate.repository === repository,
    );
    if (image) return image;
  }
  return undefined;
}
