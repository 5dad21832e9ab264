import { findGgufTensorType, type GgufTensorType } from './types';

/** Block types that weights are quantized to here: those for which ggml needs no importance matrix and no search over a codebook. */
export const GGUF_QUANTIZED_TYPES = [
  'Q4_0',
  'Q4_1',
  'Q5_0',
  'Q5_1',
  'Q8_0',
  'Q2_K',
  'Q3_K',
  'Q4_K',
  'Q5_K',
  'Q6_K',
  'IQ4_NL',
  'IQ4_XS',
] as const;

export type GgufQuantizedType = (typeof GGUF_QUANTIZED_TYPES)[number];

export function isGgufQuantizedType(name: string): name is GgufQuantizedType {
  return (GGUF_QUANTIZED_TYPES as readonly string[]).includes(name);
}

/** Types that are a cast. */
export const GGUF_PLAIN_TYPES: readonly string[] = ['F32', 'F16', 'BF16'];

/** Number, block length and block bytes of a type. */
export function ggufBlock(type: GgufQuantizedType): GgufTensorType {
  return findGgufTensorType(type) as GgufTensorType;
}

/** Does ggml look at an importance matrix when it makes this type? Q8_0 is the same with one. */
export function usesImportance(type: GgufQuantizedType): boolean {
  return type !== 'Q8_0';
}
