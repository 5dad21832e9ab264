/**
 * What a GGUF was made from, in a file of its own beside it: the GGUF itself is byte for byte what llama-quantize writes, which a key of
 * ours among its metadata would end.
 */
export interface GgufOrigin {
  readonly schema: 1;
  /** Of the GGUF: another file of the same name is not what this is about. */
  readonly bytes: number;
  /** Of the weights that were quantized, as `qe simulate` reports it. */
  readonly digest: string;
  readonly scheme: string;
  /** Tensor names of layers at higher precision, in the names of the checkpoint that was quantized. */
  readonly kept: readonly string[];
  readonly keptAs?: string;
}

const SUFFIX = '.origin.json';

/** Path of the origin of a GGUF. */
export function ggufOriginPath(gguf: string): string {
  return `${gguf}${SUFFIX}`;
}

/** The GGUF that an origin is about. */
export function ggufOfOrigin(origin: string): string {
  return origin.slice(0, -SUFFIX.length);
}

export function isGgufOrigin(name: string): boolean {
  return name.endsWith(`.gguf${SUFFIX}`);
}
