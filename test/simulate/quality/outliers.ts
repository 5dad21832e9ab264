import type { Checkpoint } from '../../../lib/format';
import type { TestFolder, TestTensor } from '../helpers/checkpoint';

/** Channels whose activations grow, by powers of two, so that bf16 weights scale exactly and the function stays the same. */
const OUTLIERS: ReadonlyMap<number, number> = new Map([
  [17, 32],
  [61, 64],
  [98, 32],
  [143, 32],
  [181, 64],
  [230, 32],
]);
export const OUTLIER_CHANNELS = [...OUTLIERS.keys()];

const NORM = /(input|post_attention)_layernorm\.weight$/;
const READER = /(q|k|v|gate|up)_proj\.weight$/;

/** The same model with six channels of each norm's output scaled up, and the weights that read them scaled down. */
export async function withOutliers(checkpoint: Checkpoint, folder: TestFolder): Promise<Checkpoint> {
  const tensors: Record<string, TestTensor> = {};
  for (const { name, dtype, shape, file, offset, bytes } of checkpoint.tensors.values()) {
    const source = await checkpoint.open(file);
    const data = (await source.read(offset, bytes)).slice();
    await source.close();
    const values = new Uint16Array(data.buffer);
    if (NORM.test(name)) for (const [channel, factor] of OUTLIERS) scale(values, channel, factor);
    if (READER.test(name)) {
      const width = shape[1];
      for (let row = 0; row < shape[0]; row++)
        for (const [channel, factor] of OUTLIERS) scale(values, row * width + channel, 1 / factor);
    }
    tensors[name] = { dtype: dtype as TestTensor['dtype'], shape, data };
  }
  return (await folder.checkpoint('outliers', tensors, checkpoint.config as object)).checkpoint;
}

/** A bf16 is the upper half of an f32. */
function scale(values: Uint16Array, at: number, factor: number): void {
  const word = new Uint32Array([values[at] << 16]);
  const number = new Float32Array(word.buffer);
  number[0] *= factor;
  values[at] = word[0] >>> 16;
}
