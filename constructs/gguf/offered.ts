import * as path from 'node:path';
import type { OfferedGguf } from '../../lib/recommend/gguf-file';
import { ggufFileTypeNames } from '../../lib/scheme/gguf/types';
import type { ModelSource } from '../shared/model-source';
import { GgufQuality, type GgufServingProps } from './options';

/** The props that decide on a file. */
export type SourcedGgufProps = GgufServingProps & { readonly model: ModelSource };

/** A GGUF that can be served. */
export interface OfferedFile extends OfferedGguf {
  /** Absent: the hub's own choice by the file type. */
  readonly path?: string;
}

/** The preferred file type. */
export function preferredType({ quality = GgufQuality.BALANCED }: Pick<GgufServingProps, 'quality'>): string {
  return quality;
}

/** The GGUFs to choose from; empty where only the instance will see them. */
export function offeredFiles(props: SourcedGgufProps, isHub: boolean): readonly OfferedFile[] {
  const visible = props.model._ggufFiles();
  if (props.files !== undefined)
    return props.files.map((file) => {
      const seen = visible.find((other) => other.path === file.path);
      return {
        path: file.path,
        fileType: file.fileType ?? seen?.fileType ?? fileTypeOfName(file.path),
        weightBytes: file.size?.toBytes() ?? seen?.weightBytes,
      };
    });
  if (visible.length > 0)
    return visible.map((file) => ({ ...file, fileType: file.fileType ?? fileTypeOfName(file.path) }));
  return isHub ? [{ fileType: preferredType(props) }] : [];
}

/** File types from the longest name on, so that `Q4_K_M` is not taken for `Q4_K`. */
const TYPES = [...ggufFileTypeNames].sort((a, b) => b.length - a.length);

/** `Q4_K_M` for `llama-3.1-8b-instruct.q4_k_m-00001-of-00002.gguf`: the way everyone names such files. */
export function fileTypeOfName(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const name = path.posix.basename(file).toUpperCase();
  return TYPES.find((type) => new RegExp(`(^|[-._/])${type}([-._]|$)`).test(name));
}
