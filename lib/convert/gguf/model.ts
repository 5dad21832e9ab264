import type { GgufMetadata } from '../../format/gguf/value';
import type { GgufTaskPart } from '../../simulate/gguf/write/plan';

/** A tensor of a model that is to be written as GGUF: under which name, and what is made of which bytes. */
export interface GgufModelTensor {
  /** Name in the new file. */
  readonly name: string;
  /** Row-major. */
  readonly shape: readonly number[];
  /** ggml's name of the type that its bytes are stored in. */
  readonly storedType: string;
  /** The type that it has in a file that is converted and not quantized: 32 bit for what must stay exact. */
  readonly dtype: string;
  /** Where its bytes lie, as many rows in each part: one part, or one for each of the experts that are stacked in it. */
  readonly parts: readonly GgufTaskPart[];
  /** See `GgufTensorTask`. */
  readonly interleave?: number;
  readonly addOne?: boolean;
}

/** A tensor that is computed and not read: f32. */
export interface GgufConstant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A model that can be written as GGUF in any type. */
export interface GgufModel {
  /** For the file's name. */
  readonly name: string;
  /** Local paths. */
  readonly files: readonly string[];
  readonly metadata: GgufMetadata;
  /** Made from another format just now: an unquantized file keeps the converter's order of keys and tensors. */
  readonly converted?: boolean;
  readonly tensors: readonly GgufModelTensor[];
  readonly constants: readonly GgufConstant[];
  /** What a reader must know: full sentences. */
  readonly notes: readonly string[];
}
