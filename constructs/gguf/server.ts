import { parseGgufPartName } from '../../lib/format/gguf/split';
import type { Instance } from '../../lib/hardware/types';
import type { ServingOptions } from '../../lib/spec/types';
import type { BoundModel } from '../shared/model-source/bound-model';
import { withoutUndefined } from '../shared/known';
import type { GgufServingProps } from './options';
import type { OfferedFile } from './offered';

/** More layers than any model has: all of them on the GPU, without the server's own guess. */
const ALL_LAYERS = '999';

/** What llama-server is asked for, as options of a spec. */
export function llamaCppOptions(
  props: GgufServingProps & { readonly maxModelLen?: number; readonly maxConcurrency?: number },
): ServingOptions {
  return withoutUndefined({
    slots: props.maxConcurrency,
    maxModelLen: props.maxModelLen,
    kvTypeK: props.kvTypeK,
    kvTypeV: props.kvTypeV,
    flashAttention: props.flashAttention,
  });
}

/** Variables for what no option of a spec says. */
export function llamaCppVariables(props: GgufServingProps, kind: Instance['kind'] | undefined): Record<string, string> {
  return withoutUndefined({
    SM_LLAMA_CPP_N_GPU_LAYERS: kind === 'gpu' ? ALL_LAYERS : undefined,
    SM_LLAMA_CPP_KV_UNIFIED: props.unifiedKvCache === true ? 'true' : undefined,
    SM_LLAMA_CPP_CACHE_RAM: props.promptCacheSize?.toMebibytes().toString(),
    SM_LLAMA_CPP_CHAT_TEMPLATE: props.chatTemplate,
  }) as Record<string, string>;
}

/**
 * Variables that name the model's files. Without them the image's start script takes the first GGUF by name, which may
 * be the projector, or another quantization. Of a model in parts the first is named, and the server finds the others.
 */
export function fileVariables(
  { containerPath, modelData, name }: Pick<BoundModel, 'containerPath' | 'modelData' | 'name'>,
  file: OfferedFile | undefined,
  projector: string | undefined,
): Record<string, string> {
  if (modelData === 'hub')
    return withoutUndefined({
      SM_LLAMA_CPP_HF_FILE: file?.path,
      SM_LLAMA_CPP_MMPROJ_URL:
        projector === undefined ? undefined : `https://huggingface.co/${name}/resolve/main/${projector}`,
    }) as Record<string, string>;
  if (containerPath === undefined) return {};
  return withoutUndefined({
    SM_LLAMA_CPP_MODEL: file?.path === undefined ? undefined : containerPath(file.path),
    SM_LLAMA_CPP_MMPROJ: projector === undefined ? undefined : containerPath(projector),
  }) as Record<string, string>;
}

/** Files of the source that are served; undefined where all of them must be, because none is known. */
export function servedFiles(file: OfferedFile | undefined, projector: string | undefined): string[] | undefined {
  if (file?.path === undefined) return undefined;
  return [file.path, ...(projector === undefined ? [] : [projector])];
}

/** Is the first part of a model in parts named, as the server expects? */
export function namesFirstPart(file: OfferedFile): boolean {
  return (parseGgufPartName(file.path ?? '')?.number ?? 1) === 1;
}
