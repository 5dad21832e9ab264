import path from 'node:path';
import type { Calibration } from '../../lib/simulate/calibration/calibration';
import { keepsAtInt8, writableFormats, type CheckpointFormat } from '../../lib/simulate/write/plan-encoding';
import { planCheckpoint, writeCheckpoint } from '../../lib/simulate/write/write-checkpoint';
import { calibrationFrom, openIfCalibration, prepareCalibration } from '../quality/calibration';
import { saySearchTime } from '../quality/searches';
import { positiveInteger } from '../quality/session';
import { ProgressBar } from '../simulate/progress';
import type { CheckpointWriter, QuantizeAnswer, QuantizeRequest } from './writer';

/** Safetensors checkpoints with a `quantization_config`, in the layouts that engines load. */
export const safetensorsWriters: readonly CheckpointWriter[] = (
  ['awq', 'gptq', 'compressed-tensors', 'neuron'] satisfies CheckpointFormat[]
).map((format) => ({
  format,
  resumes: true,
  writes: ({ name }) => writableFormats(name).includes(format),
  keepsAtInt8: (scheme) => keepsAtInt8(scheme, format),
  write: (request) => write(request, format),
}));

async function write(request: QuantizeRequest, format: CheckpointFormat): Promise<QuantizeAnswer> {
  const { folder, checkpoint, scheme, keep, out, threads, signal, terminal } = request;
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  const given = request.options.calibration;
  const opened = typeof given === 'string' ? await openIfCalibration(given) : undefined;
  const bar = new ProgressBar(terminal, 'quantizing');
  try {
    const calibration = opened ?? (typeof given === 'string' ? await fromText(request, given) : undefined);
    const settings = { scheme, format, keep, calibration, threads, signal };
    const plan = planCheckpoint(checkpoint, settings);
    const { layout, tensors } = plan;
    const elements = [...tensors.layers.values()].reduce((sum, layer) => sum + layer.elements, 0);
    const answer = {
      scheme: scheme.name,
      format,
      bytes: layout.dataBytes,
      bitsPerWeight: (plan.layerBytes * 8) / elements,
      skipped: tensors.skipped,
    };
    const fileOf = (name: string): string => path.join(out, name);
    if (request.dryRun) {
      const files = layout.shards.map(({ name }) => fileOf(name));
      return { ...answer, files, seconds: seconds(), notes: plan.notes };
    }
    if (calibration !== undefined) saySearchTime(checkpoint, [scheme], threads, terminal);
    const written = await writeCheckpoint(folder, checkpoint, out, {
      ...settings,
      onProgress: ({ doneBytes, totalBytes }) => {
        const secondsLeft = (seconds() * (totalBytes - doneBytes)) / doneBytes;
        bar.update({ doneBytes, totalBytes, tensors: tensors.layers.size, seconds: seconds(), secondsLeft });
      },
    });
    const notes = written.resumed ? ['Went on where an earlier run was stopped.', ...written.notes] : written.notes;
    return { ...answer, files: written.files.map(fileOf), seconds: seconds(), notes };
  } finally {
    bar.stop();
    await opened?.close();
  }
}

/** A calibration text, run through the model here and now. */
async function fromText(request: QuantizeRequest, file: string): Promise<Calibration> {
  const { folder, checkpoint, options, terminal, signal } = request;
  const limit = positiveInteger(options.limitTokens, '--limit-tokens');
  return calibrationFrom(await prepareCalibration(folder, checkpoint, file, options, terminal, signal, limit), file);
}
