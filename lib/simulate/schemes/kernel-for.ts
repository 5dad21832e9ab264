import { isGgufQuantizedType } from '../../scheme/gguf/quantized-types';
import type { RowKernel } from '../rows/runner';
import type { Recipe } from './recipe';

/** How a recipe quantizes a tensor; undefined where it leaves it unquantized. */
export function kernelFor({ kernel, types, importance }: Recipe, tensor: string): RowKernel | undefined {
  if (kernel.kind !== 'gguf') return kernel;
  const type = types?.get(tensor) ?? kernel.type;
  return isGgufQuantizedType(type) ? { kind: 'gguf', type, importance: importance?.get(tensor) } : undefined;
}
