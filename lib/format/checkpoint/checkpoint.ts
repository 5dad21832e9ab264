import type { ByteSource } from '../source/byte-source';
import type { TensorInfo } from '../tensor';
import type { GgufMetadata } from '../gguf';

export interface CheckpointTensor extends TensorInfo {
  /** Name of the file that holds it, in the checkpoint's folder. */
  readonly file: string;
}

export interface CheckpointFile {
  readonly name: string;
  /** Length in bytes. */
  readonly bytes: number;
  /** Where the data begins. */
  readonly dataOffset: number;
  readonly tensors: number;
}

/** Something that is odd, but that the reference readers load. */
export interface CheckpointWarning {
  readonly id: string;
  readonly message: string;
  readonly fix: string;
}

/** A model's weights as one: which tensors there are and where each lies, whatever the format and the number of files. */
export interface Checkpoint {
  readonly format: 'safetensors' | 'gguf';
  /** As a person would recognize it. */
  readonly location: string;
  readonly files: readonly CheckpointFile[];
  /** By name: in the order of the files, and of the data within each. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** `config.json` beside the weights, parsed; undefined where there is none. */
  readonly config?: unknown;
  /** `__metadata__` of the first safetensors file. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Metadata of a GGUF; of its first part, if it is split. */
  readonly gguf?: GgufMetadata;
  /** False for a GGUF of a big-endian machine. */
  readonly littleEndian: boolean;
  readonly warnings: readonly CheckpointWarning[];
  /** Opens a file of the checkpoint by its name; the caller closes it. */
  open(file: string): Promise<ByteSource>;
}
