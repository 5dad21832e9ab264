import { SimulationError } from '../../errors';
import type { Checkpoint } from '../../format';
import { ggufPlacer, type GgufPlace } from '../../format/gguf/hub-names';
import { imatrixBytes } from '../../format/imatrix';
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
  private readonly entries = new Map<string, { readonly sums: Float32Array; readonly counts: number[] }>();
  private readonly placeOf: (weight: string) => GgufPlace | undefined;
  /** Matrices stacked in each tensor. */
  private readonly matrices = new Map<string, number>();

  /**
   * @param groups that will be recorded
   * @throws SimulationError `IMATRIX_ARCHITECTURE` where no layer has a name in a GGUF
   */
  constructor(checkpoint: Checkpoint, groups: readonly CalibrationGroup[]) {
    this.placeOf = ggufPlacer(checkpoint);
    for (const weight of groups.flatMap(({ weights }) => weights)) {
      const place = this.placeOf(weight);
      if (place === undefined) continue;
      this.matrices.set(place.name, Math.max(this.matrices.get(place.name) ?? 0, (place.expert ?? 0) + 1));
    }
    if (this.matrices.size > 0) return;
    const { location } = checkpoint;
    throw new SimulationError('IMATRIX_ARCHITECTURE', `no layer of ${location} has a name of llama.cpp`, {
      path: location,
      got: 'an architecture that is not converted to GGUF here',
      allowed: 'a GGUF, or a checkpoint that qe quantize --scheme gguf:NAME takes',
      fix: 'leave --imatrix out, or give the model as an unquantized GGUF',
    });
  }

  /**
   * @param weights that read the input; those that have no name in a GGUF are left out. Of an expert, its part of the tensor that all
   *   are stacked in, with the tokens that it saw
   */
  add(weights: readonly string[], { width, tokens, moments }: InputStatistics): void {
    if (moments === undefined) throw new RangeError('an importance matrix is made of second moments');
    // Means over all tokens stand on the diagonal.
    const sums = Float32Array.from({ length: width }, (_, column) => moments.second[column * (width + 1)] * tokens);
    for (const weight of weights) {
      const place = this.placeOf(weight);
      if (place === undefined) continue;
      const { name, expert = 0 } = place;
      const matrices = this.matrices.get(name) ?? 1;
      const entry = this.entries.get(name) ?? {
        sums: new Float32Array(matrices * width),
        counts: new Array<number>(matrices).fill(0),
      };
      this.entries.set(name, entry);
      entry.sums.set(sums, expert * width);
      entry.counts[expert] = tokens;
    }
  }

  /** The file. */
  bytes({ file, sequences, tokens }: ImatrixText): Uint8Array {
    const chunkSize = Math.round(tokens / Math.max(sequences, 1));
    return imatrixBytes({ entries: this.entries, datasets: [file], chunks: sequences, chunkSize });
  }
}
