import type { Rule } from '../types';
import { architectureNewerThanServer } from './architecture-newer-than-server';
import { architectureNotInServer } from './architecture-not-in-server';
import { architectureRemovedFromServer } from './architecture-removed-from-server';
import { architectureUnknown } from './architecture-unknown';
import { encoderCannotGenerate } from './encoder-cannot-generate';
import { ggufArchitectureNotInLlamaCpp } from './gguf-architecture-not-in-llama-cpp';
import { ggufArchitectureNotInSglang } from './gguf-architecture-not-in-sglang';
import { ggufArchitectureNotInVllm } from './gguf-architecture-not-in-vllm';
import { ggufInSeveralFiles } from './gguf-in-several-files';
import { headSizeNotSupported } from './head-size-not-supported';
import { hubRevisionInModelName } from './hub-revision-in-model-name';
import { modelTypeNewerThanTransformers } from './model-type-newer-than-transformers';
import { remoteCodeNotTrusted } from './remote-code-not-trusted';
import { ropeScalingNewerThanServer } from './rope-scaling-newer-than-server';
import { sglangArchitectureNotNative } from './sglang-architecture-not-native';
import { transformersImplementationNotCompatible } from './transformers-implementation-not-compatible';
import { trtllmArchitectureNotListed } from './trtllm-architecture-not-listed';

export const architectureRules: readonly Rule[] = [
  architectureNewerThanServer,
  architectureNotInServer,
  architectureRemovedFromServer,
  architectureUnknown,
  encoderCannotGenerate,
  ggufArchitectureNotInVllm,
  ggufArchitectureNotInSglang,
  ggufInSeveralFiles,
  remoteCodeNotTrusted,
  ropeScalingNewerThanServer,
  trtllmArchitectureNotListed,
  transformersImplementationNotCompatible,
  headSizeNotSupported,
  ggufArchitectureNotInLlamaCpp,
  sglangArchitectureNotNative,
  modelTypeNewerThanTransformers,
  hubRevisionInModelName,
];
