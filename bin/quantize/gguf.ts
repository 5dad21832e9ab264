import path from 'node:path';
import { keptTensorTypes } from '../../lib/convert/gguf/kept-types';
import { modelFromCheckpoint } from '../../lib/convert/gguf/from-checkpoint';
import { ggufTypeName, planGguf, writeGguf } from '../../lib/convert/gguf/write-gguf';
import { ProgressBar } from '../simulate/progress';
import type { CheckpointWriter } from './writer';

/** `DIR/<model>-<TYPE>.gguf`, from a GGUF or from a checkpoint of the hub. */
export const ggufWriter: CheckpointWriter = {
  format: 'gguf',
  writes: ({ layout }) => layout === 'gguf',
  keepsAtInt8: () => true,
  async write({ folder, checkpoint, scheme, keep, out, threads, dryRun, signal, terminal }) {
    const started = performance.now();
    const model = await modelFromCheckpoint(folder, checkpoint);
    const target = path.join(out, `${model.name}-${ggufTypeName(scheme)}.gguf`);
    const tensorTypes = keep && keptTensorTypes(model, keep);
    const bar = new ProgressBar(terminal, 'quantizing');
    try {
      const plan = dryRun
        ? planGguf(model, scheme, tensorTypes)
        : await writeGguf(model, scheme, target, {
            threads,
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
