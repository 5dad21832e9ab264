export { bitsPerWeight, quantizedBytes, type QuantizedBytes } from './bytes';
export { schemeNames } from './catalogue';
export { isKnownQuantMethod, schemeOfCheckpoint } from './from-checkpoint';
export {
  findGgufFileType,
  findGgufTensorType,
  ggufFileTypeNames,
  ggufTensorTypeNames,
  type GgufFileType,
  type GgufTensorType,
} from './gguf/types';
export { isSchemeName, parseScheme, type SchemeDetails } from './parse';
export { gateAt, kvCacheDtypes, methodAt, methodRanges, quantizationMethods, type MethodRange } from './ranges';
export { agrees, resolveScheme } from './resolve';
export { schemeSupport, type SupportOptions } from './support';
export type { Scheme, SchemeSupport } from './types';
export { capability, vllmMethod } from './vllm-support';
