import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSafetensors } from '../../lib/format/safetensors';
import type { TensorData } from '../../lib/simulate';

/** How close an output must be to the reference library's. */
export interface Tolerance {
  readonly kind: string;
  readonly max?: number;
  readonly rtol?: number;
  readonly atol?: number;
  readonly max_fraction?: number;
  readonly max_abs_diff?: number;
}

export interface VectorCase {
  readonly id: string;
  readonly scheme: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly input: { readonly file: string; readonly tensors: readonly string[] };
  readonly output: {
    readonly file: string;
    readonly tensors: Readonly<Record<string, { readonly tolerance: Tolerance }>>;
  };
}

/** A folder of golden vectors. Files are read once, when they are first needed. */
export class VectorSet {
  readonly cases: readonly VectorCase[];
  private readonly files = new Map<string, ReadonlyMap<string, TensorData>>();

  constructor(private readonly folder: string) {
    this.cases = (
      JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as { cases: VectorCase[] }
    ).cases;
  }

  tensors(file: string): ReadonlyMap<string, TensorData> {
    let tensors = this.files.get(file);
    if (tensors === undefined) {
      const bytes = new Uint8Array(readFileSync(path.join(this.folder, file)));
      tensors = new Map(
        [...parseSafetensors(bytes, file).tensors.values()].map((tensor) => [
          tensor.name,
          // A copy: typed arrays over it need the alignment that the file does not promise.
          { dtype: tensor.dtype, shape: tensor.shape, data: bytes.slice(tensor.offset, tensor.offset + tensor.bytes) },
        ]),
      );
      this.files.set(file, tensors);
    }
    return tensors;
  }
}
