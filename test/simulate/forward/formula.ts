import type { StoredTensor, WeightSource } from '../../../lib/simulate/forward/weights';

/** Weights of tools/quality/families.py: uniform numbers from the element's index and the hash of the tensor's name. */
export class FormulaWeights implements WeightSource {
  constructor(
    private readonly tensors: Readonly<Record<string, readonly number[]>>,
    private readonly gemma: boolean,
  ) {}

  has(name: string): boolean {
    return Object.hasOwn(this.tensors, name);
  }

  async read(name: string): Promise<StoredTensor> {
    const shape = this.tensors[name];
    const values = this.values(name, shape);
    return { shape, dtype: 'F32', data: new Uint8Array(values.buffer), values };
  }

  private values(name: string, shape: readonly number[]): Float32Array {
    const seed = hashOf(name);
    const isNorm = name.toLowerCase().includes('norm') && name.endsWith('weight');
    const middle = isNorm && !this.gemma ? 1 : 0;
    return Float32Array.from(
      { length: shape.reduce((product, size) => product * size, 1) },
      (_, index) => middle + 0.25 * (mix((index + seed) >>> 0) / 2 ** 31 - 1),
    );
  }
}

function mix(value: number): number {
  let x = value;
  for (let round = 0; round < 2; round++) x = Math.imul(x ^ (x >>> 16), 0x045d9f3b) >>> 0;
  return (x ^ (x >>> 16)) >>> 0;
}

function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
