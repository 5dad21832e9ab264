import { rm } from 'node:fs/promises';
import path from 'node:path';
import { keptNotes, keptTensorTypes } from '../../lib/convert/gguf/kept-types';
import { modelFromGguf } from '../../lib/convert/gguf/from-gguf';
import type { GgufModel } from '../../lib/convert/gguf/model';
import { ggufOriginPath, type GgufOrigin } from '../../lib/convert/gguf/origin';
import { ggufTypeName, planGguf, writeGguf } from '../../lib/convert/gguf/write-gguf';
import type { Checkpoint, CheckpointFolder } from '../../lib/format';
import type { KeptLayers } from '../../lib/simulate/write/keep';
import { writeWhole } from '../output/write-file';
import { ProgressBar } from '../simulate/progress';
import { importanceOption } from './imatrix';
import type { QuantizeAnswer, QuantizeRequest } from './writer';

/** Writes `DIR/<model>-<TYPE>.gguf`. */
export async function writeGgufFile({
  folder,
  checkpoint,
  scheme,
  keep,
  out,
  threads,
  helpers,
  dryRun,
  options,
  signal,
  terminal,
}: QuantizeRequest): Promise<QuantizeAnswer> {
  const started = performance.now();
  const importance = await importanceOption(options);
  const model = await modelOf(folder, checkpoint);
  const target = path.join(out, `${model.name}-${ggufTypeName(scheme, importance !== undefined)}.gguf`);
  const file = { tensorTypes: keep && keptTensorTypes(model, keep), importance };
  const bar = new ProgressBar(terminal, 'quantizing');
  try {
    const plan = dryRun
      ? planGguf(model, scheme, file)
      : await writeGguf(model, scheme, target, {
          ...file,
          threads,
          helpers,
          signal,
          onProgress: (progress) => bar.update(progress),
        });
    // Reading all weights once more takes as long as quantizing some types does: only for those who ask.
    const asked = options.digest === true && !dryRun;
    const digest = asked ? await digestOf(checkpoint, signal) : undefined;
    const origin = dryRun
      ? []
      : await noteOrigin(target, digest, { bytes: plan.fileBytes, scheme: scheme.name, ...keptOf(keep) });
    const types = [...plan.types].map(([type, count]) => `${count} ${type}`).join(', ');
    return {
      scheme: scheme.name,
      format: 'gguf',
      files: [target, ...origin],
      bytes: plan.fileBytes,
      bitsPerWeight: plan.bitsPerWeight,
      seconds: (performance.now() - started) / 1000,
      notes: [`Tensors by type: ${types}.`, ...plan.notes, ...(keep ? keptNotes(model, keep) : []), ...model.notes],
    };
  } finally {
    bar.stop();
  }
}

/** The file beside the GGUF that ties it to a report of its quality; without a digest, none of an earlier run stays. */
async function noteOrigin(
  target: string,
  digest: string | undefined,
  origin: Omit<GgufOrigin, 'schema' | 'digest'>,
): Promise<string[]> {
  const file = ggufOriginPath(target);
  if (digest === undefined) {
    await rm(file, { force: true });
    return [];
  }
  await writeWhole(file, `${JSON.stringify({ schema: 1, digest, ...origin } satisfies GgufOrigin, undefined, 2)}\n`);
  return [file];
}

async function digestOf(checkpoint: Checkpoint, signal: AbortSignal): Promise<string> {
  const { digestOfCheckpoint } = await import('../../lib/simulate/source-digest');
  return digestOfCheckpoint(checkpoint, signal);
}

function keptOf(keep: KeptLayers | undefined): Pick<GgufOrigin, 'kept' | 'keptAs'> {
  return keep === undefined ? { kept: [] } : { kept: keep.weights, keptAs: keep.as };
}

/** The converter knows all architectures, and is loaded for checkpoints of the hub alone. */
async function modelOf(folder: CheckpointFolder, checkpoint: Checkpoint): Promise<GgufModel> {
  if (checkpoint.format === 'gguf') return modelFromGguf(checkpoint);
  const { modelFromHuggingFace } = await import('../../lib/convert/hugging-face/from-hugging-face');
  return modelFromHuggingFace(folder, checkpoint);
}
