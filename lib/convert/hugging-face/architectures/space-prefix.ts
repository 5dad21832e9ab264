import { gguf, type GgufValue } from '../../../format/gguf/value';

/** Does a text begin as if a space stood before it? */
export const ADD_SPACE_PREFIX = 'tokenizer.ggml.add_space_prefix';
export const noSpacePrefix = (): Map<string, GgufValue> => new Map([[ADD_SPACE_PREFIX, gguf.bool(false)]]);
