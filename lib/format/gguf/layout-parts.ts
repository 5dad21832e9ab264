import { findGgufTensorType } from '../../scheme/gguf/types';
import type { FileLayout } from '../layout';
import { layoutGguf, type GgufPlan, type GgufTensorPlan } from './layout';
import { ggufPartName } from './split';
import { gguf, type GgufValue } from './value';

export interface GgufPartLayout extends FileLayout {
  /** `NAME.gguf`, or `NAME-00001-of-00003.gguf`. */
  readonly name: string;
}

/**
 * Lays out a model in files of at most `maxPartBytes` of data, as `llama-gguf-split` does: all metadata in the first, the
 * three `split.*` keys in each. One file, without them, if everything fits.
 *
 * @param base name of the files without number and ending
 * @param maxPartBytes bytes of data in a file; a tensor larger than that has a file of its own
 */
export function layoutGgufParts(
  plan: GgufPlan,
  base: string,
  maxPartBytes = Number.POSITIVE_INFINITY,
): GgufPartLayout[] {
  const groups: GgufTensorPlan[][] = [[]];
  let filled = 0;
  for (const tensor of plan.tensors) {
    const bytes = dataBytes(tensor);
    if (filled > 0 && filled + bytes > maxPartBytes) {
      groups.push([]);
      filled = 0;
    }
    groups[groups.length - 1].push(tensor);
    filled += bytes;
  }
  if (groups.length === 1) return [{ name: `${base}.gguf`, ...layoutGguf(plan) }];

  return groups.map((tensors, index) => {
    const metadata = new Map<string, GgufValue>(index === 0 ? plan.metadata : []);
    const alignment = plan.metadata.get('general.alignment');
    // Each part is read alone, so each must say how it is aligned.
    if (alignment !== undefined) metadata.set('general.alignment', alignment);
    metadata.set('split.no', gguf.uint16(index));
    metadata.set('split.count', gguf.uint16(groups.length));
    metadata.set('split.tensors.count', gguf.int32(plan.tensors.length));
    return { name: ggufPartName(base, index + 1, groups.length), ...layoutGguf({ ...plan, metadata, tensors }) };
  });
}

/** 0 for what `layoutGguf` refuses, with its reason, anyway. */
function dataBytes({ dtype, shape }: GgufTensorPlan): number {
  const type = findGgufTensorType(dtype);
  const elements = shape.reduce((product, dimension) => product * dimension, 1);
  return type === undefined ? 0 : (elements / type.blockElements) * type.blockBytes;
}
