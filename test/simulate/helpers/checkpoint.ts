import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { layoutSafetensors, openCheckpoint, type Checkpoint } from '../../../lib/format';
import { locateCheckpoint } from '../../../lib/format/node';
import type { SafetensorsDtype } from '../../../lib/format/safetensors';

export interface TestTensor {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** Checkpoints in a temporary folder that goes when the tests are done. */
export class TestFolder {
  readonly path = mkdtempSync(path.join(tmpdir(), 'simulate-'));

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** Writes one safetensors file, with a config beside it if there is one, and opens it. */
  async checkpoint(
    name: string,
    tensors: Readonly<Record<string, TestTensor>>,
    config?: object,
  ): Promise<{ checkpoint: Checkpoint; file: string }> {
    const plan = Object.entries(tensors).map(([key, { dtype, shape }]) => ({ name: key, dtype, shape }));
    const layout = layoutSafetensors({ tensors: plan });
    const bytes = new Uint8Array(layout.fileBytes);
    bytes.set(layout.header);
    for (const [key, { data }] of Object.entries(tensors)) bytes.set(data, layout.tensors.get(key)?.offset);
    const file = path.join(this.path, `${name}.safetensors`);
    writeFileSync(file, bytes);
    if (config !== undefined) writeFileSync(path.join(this.path, 'config.json'), JSON.stringify(config));
    const { folder, file: only } = locateCheckpoint(file);
    return { checkpoint: await openCheckpoint(folder, only), file };
  }
}

const TABLE_LENGTH = 65_521;

/** Reproducible values, roughly those of trained weights: sums of three uniform numbers, of deviation 0.02. */
export function weightValues(count: number, seed = 1): Float32Array {
  let state = seed;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32 - 0.5;
  };
  const table = Float32Array.from(
    { length: Math.min(count, TABLE_LENGTH) },
    () => 0.04 * (uniform() + uniform() + uniform()),
  );
  const values = new Float32Array(count);
  // Long runs repeat: the length is prime, so that rows of a matrix do not.
  for (let at = 0; at < count; at += TABLE_LENGTH)
    values.set(table.subarray(0, Math.min(TABLE_LENGTH, count - at)), at);
  return values;
}

/** f32 values as bf16 bytes, cut off: every result is a bf16 number. */
export function bf16Bytes(values: Float32Array): Uint8Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return new Uint8Array(Uint16Array.from(bits, (word) => word >>> 16).buffer);
}

/** A bf16 matrix of trained-looking weights. */
export function bf16Matrix(rows: number, columns: number, seed = 1): TestTensor {
  return { dtype: 'BF16', shape: [rows, columns], data: bf16Bytes(weightValues(rows * columns, seed)) };
}
