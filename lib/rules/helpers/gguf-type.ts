import { fileTypeName, findGgufFileType } from '../../scheme/gguf/types';
import type { Scheme } from '../../scheme/types';

/** The tensor type that most of a GGUF is in: `Q4_K` of `gguf:Q4_K_M`; `undefined` for a scheme of another layout. */
export function mainTensorType({ ggufType }: Scheme): string | undefined {
  if (ggufType === undefined) return undefined;
  return findGgufFileType(fileTypeName(ggufType) ?? '')?.tensorType ?? ggufType.toUpperCase();
}
