import { SimulationError } from '../errors';
import type { Checkpoint } from '../format';
import type { StoredTensor, WeightSource } from './forward/weights';
import type { KernelEngine } from './kernels/engine';
import { decodeFloats } from './rows/encode';
import { WEIGHT_BYTES, type WeightDtype } from './tensor';

/** Reads whole tensors of an unquantized checkpoint, one at a time. */
export class CheckpointWeights implements WeightSource {
  constructor(
    private readonly checkpoint: Checkpoint,
    private readonly engine: KernelEngine,
  ) {}

  has(name: string): boolean {
    return this.checkpoint.tensors.has(name);
  }

  /** @throws SimulationError `CHECKPOINT_QUANTIZED` for a type that is no float of 16 or 32 bits */
  async read(name: string): Promise<StoredTensor> {
    const tensor = this.checkpoint.tensors.get(name);
    if (tensor === undefined) throw new RangeError(`no tensor named ${name}: ask has() first`);
    const { shape, dtype } = tensor;
    if (!isWeightDtype(dtype)) {
      throw new SimulationError('CHECKPOINT_QUANTIZED', `${name} is stored as ${dtype}`, {
        got: dtype,
        allowed: Object.keys(WEIGHT_BYTES).join(', '),
        fix: 'give the unquantized checkpoint',
      });
    }
    const source = await this.checkpoint.open(tensor.file);
    try {
      const data = await source.read(tensor.offset, tensor.bytes);
      return { shape, dtype, data, values: decodeFloats(this.engine, data, dtype) };
    } finally {
      await source.close();
    }
  }
}

function isWeightDtype(dtype: string): dtype is WeightDtype {
  return Object.hasOwn(WEIGHT_BYTES, dtype);
}
