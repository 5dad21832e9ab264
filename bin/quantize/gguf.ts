import path from 'node:path';
import { keptTensorTypes } from '../../lib/convert/gguf/kept-types';
import { modelFromGguf } from '../../lib/convert/gguf/from-gguf';
import type { GgufModel } from '../../lib/convert/gguf/model';
import { ggufTypeName, planGguf, writeGguf } from '../../lib/convert/gguf/write-gguf';
import type { Checkpoint, CheckpointFolder } from '../../lib/format';
import { GgufWriteHelpers } from '../../lib/simulate/gguf/write/helpers';
import { ProgressBar } from '../simulate/progress';
import type { CheckpointWriter } from './writer';

/** `DIR/<model>-<TYPE>.gguf`, from a GGUF or from a checkpoint of the hub. */
export const ggufWriter: CheckpointWriter = {
  format: 'gguf',
  writes: ({ layout }) => layout === 'gguf',
  keepsAtInt8: () => true,
  // This thread is one of them.
  start: (threads) => new GgufWriteHelpers(threads - 1),
  async write({ folder, checkpoint, scheme, keep, out, threads, helpers, dryRun, signal, terminal }) {
    const started = performance.now();
    const model = await modelOf(folder, checkpoint);
    const target = path.join(out, `${model.name}-${ggufTypeName(scheme)}.gguf`);
    const tensorTypes = keep && keptTensorTypes(model, keep);
    const bar = new ProgressBar(terminal, 'quantizing');
    try {
      const plan = dryRun
        ? planGguf(model, scheme, tensorTypes)
        : await writeGguf(model, scheme, target, {
            threads,
            helpers,
            tensorTypes,
            signal,
            onProgress: (progress) => bar.update(progress),
          });
      const types = [...plan.types].map(([type, count]) => `${count} ${type}`).join(', ');
      return {
        scheme: scheme.name,
        format: 'gguf',
        files: [target],
        bytes: plan.fileBytes,
        bitsPerWeight: plan.bitsPerWeight,
        seconds: (performance.now() - started) / 1000,
        notes: [`Tensors by type: ${types}.`, ...model.notes],
      };
    } finally {
      bar.stop();
    }
  },
};

/** The converter knows all architectures, and is loaded for checkpoints of the hub alone. */
async function modelOf(folder: CheckpointFolder, checkpoint: Checkpoint): Promise<GgufModel> {
  if (checkpoint.format === 'gguf') return modelFromGguf(checkpoint);
  const { modelFromHuggingFace } = await import('../../lib/convert/hugging-face/from-hugging-face');
  return modelFromHuggingFace(folder, checkpoint);
}
