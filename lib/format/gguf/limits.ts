/** Versions of the format that are read; 3 is written. Version 1 counted in 32 bits and has not been written since 2023. */
export const GGUF_VERSIONS = [2, 3] as const;

export const DEFAULT_ALIGNMENT = 32;

/** The format's text asks for a multiple of 8; 2 MiB is the largest page that any system maps a file by. */
export const MIN_ALIGNMENT = 8;
export const MAX_ALIGNMENT = 2 * 1024 * 1024;

/** `GGML_MAX_DIMS`. */
export const MAX_DIMENSIONS = 4;

/** `GGML_MAX_NAME` − 1: llama.cpp does not load a longer name. */
export const MAX_NAME_BYTES = 63;

/** The format's text: a key is at most 2^16 − 1 bytes long. */
export const MAX_KEY_BYTES = 65_535;

/** Arrays in arrays. No model uses even one level; ggml itself reads none. */
export const MAX_ARRAY_DEPTH = 8;

/**
 * What a reader holds in memory is bounded by these, whatever a file claims. Real files stay far below: fewer than a
 * hundred keys, some thousand tensors (experts are stacked into one), and 20 MB of tokenizer.
 */
export const MAX_KEYS = 65_536;
export const MAX_TENSORS = 262_144;
export const MAX_NESTED_ARRAYS = 65_536;
export const MAX_METADATA_BYTES = 256 * 1024 * 1024;
