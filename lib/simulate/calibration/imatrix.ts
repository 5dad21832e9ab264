import { SimulationError } from '../../errors';
import type { Checkpoint } from '../../format';
import { ggufPlacer } from '../../format/gguf/hub-names';
import { imatrixBytes, type ImatrixSums } from '../../format/imatrix';
import type { InputStatistics } from './calibration';
import type { CalibrationGroup } from './file';

/** The text that activations were recorded over. */
export interface ImatrixText {
  readonly file: string;
  readonly sequences: number;
  readonly tokens: number;
}

/**
 * Collects an importance matrix for llama.cpp from calibration: of each linear layer the sum of the squares of what enters each column,
 * and over how many tokens. Source: llama.cpp tools/imatrix/imatrix.cpp, `collect_imatrix`.
 */
export class ImatrixRecorder {
  private readonly entries = new Map<string, ImatrixSums>();
  private readonly nameOf: (weight: string) => string | undefined;

  /**
   * @param groups that will be recorded
   * @throws SimulationError `IMATRIX_ARCHITECTURE` where no layer has a name in a GGUF
   */
  constructor(checkpoint: Checkpoint, groups: readonly CalibrationGroup[]) {
    const placeOf = ggufPlacer(checkpoint);
    // What one expert saw says nothing of the others that its tensor holds.
    this.nameOf = (weight) => {
      const place = placeOf(weight);
      return place?.expert === undefined ? place?.name : undefined;
    };
    if (groups.some(({ weights }) => weights.some((weight) => this.nameOf(weight) !== undefined))) return;
    const { location } = checkpoint;
    throw new SimulationError('IMATRIX_ARCHITECTURE', `no layer of ${location} has a name of llama.cpp`, {
      path: location,
      got: 'an architecture that is not converted to GGUF here',
      allowed: 'a GGUF, or a checkpoint that qe quantize --scheme gguf:NAME takes',
      fix: 'leave --imatrix out, or give the model as an unquantized GGUF',
    });
  }

  /** @param weights that read the input; those that have no name in a GGUF are left out */
  add(weights: readonly string[], { width, tokens, moments }: InputStatistics): void {
    if (moments === undefined) throw new RangeError('an importance matrix is made of second moments');
    // Means over all tokens stand on the diagonal.
    const sums = Float32Array.from({ length: width }, (_, column) => moments.second[column * (width + 1)] * tokens);
    for (const weight of weights) {
      const name = this.nameOf(weight);
      if (name !== undefined) this.entries.set(name, { sums, counts: [tokens] });
    }
  }

  /** The file. */
  bytes({ file, sequences, tokens }: ImatrixText): Uint8Array {
    const chunkSize = Math.round(tokens / Math.max(sequences, 1));
    return imatrixBytes({ entries: this.entries, datasets: [file], chunks: sequences, chunkSize });
  }
}
