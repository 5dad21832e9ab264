import type { Checkpoint } from '../../lib/format';
import type { CheckpointFolder } from '../../lib/format';
import type { Scheme } from '../../lib/scheme';
import type { GgufWriteHelpers } from '../../lib/simulate/gguf/write/helpers';
import type { KeptLayers } from '../../lib/simulate/write/keep';
import type { Terminal } from '../terminal';

/** What `qe quantize` was asked to do. */
export interface QuantizeRequest {
  readonly folder: CheckpointFolder;
  readonly checkpoint: Checkpoint;
  /** The path as it was written. */
  readonly path: string;
  readonly scheme: Scheme;
  /** Layers at higher precision than the scheme's. */
  readonly keep?: KeptLayers;
  /** Folder to write into; it exists. */
  readonly out: string;
  readonly threads: number;
  /** What the writer's `start` gave. */
  readonly helpers?: GgufWriteHelpers;
  readonly dryRun: boolean;
  /** The other options of the command. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
}

/** What was written, or would be. */
export interface QuantizeAnswer {
  readonly scheme: string;
  readonly format: string;
  /** Paths of all files. */
  readonly files: readonly string[];
  readonly bytes: number;
  readonly bitsPerWeight: number;
  readonly seconds: number;
  /** What a reader must know: full sentences. */
  readonly notes: readonly string[];
}

/** Writes checkpoints of one format. */
export interface CheckpointWriter {
  /** Value of `--format`. */
  readonly format: string;
  /** Whether a run that was stopped goes on when it is started again; otherwise it leaves nothing. */
  readonly resumes?: boolean;
  /** Can this format hold the scheme? */
  writes(scheme: Scheme): boolean;
  /** Can it hold some layers at INT8 beside it? */
  keepsAtInt8(scheme: Scheme): boolean;
  /** Starts threads, which takes as long as reading the headers does. Whoever calls it ends them, whatever happens. */
  start?(threads: number): GgufWriteHelpers;
  write(request: QuantizeRequest): Promise<QuantizeAnswer>;
}
