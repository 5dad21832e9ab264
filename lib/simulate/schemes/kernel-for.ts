import { isGgufQuantizedType } from '../gguf/types';
import type { RowKernel } from '../rows/runner';
import type { Recipe } from './recipe';

/** How a recipe quantizes a tensor; undefined where it leaves it unquantized. */
export function kernelFor({ kernel, types }: Recipe, tensor: string): RowKernel | undefined {
  const type = types?.get(tensor);
  if (type === undefined) return kernel;
  return isGgufQuantizedType(type) ? { kind: 'gguf', type } : undefined;
}
