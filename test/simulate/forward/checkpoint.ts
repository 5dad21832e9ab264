import path from 'node:path';
import { openCheckpoint } from '../../../lib/format';
import { locateCheckpoint } from '../../../lib/format/node';
import { CheckpointWeights } from '../../../lib/simulate/checkpoint-weights';
import { createKernelEngine } from '../../../lib/simulate/kernels/create';

/** The small model of the examples, or another folder's. */
export async function loadCheckpoint(folder = path.join(__dirname, '../../../examples/models/gutenberg-3m')) {
  const checkpoint = await openCheckpoint(locateCheckpoint(folder).folder);
  return { checkpoint, config: checkpoint.config, source: new CheckpointWeights(checkpoint, createKernelEngine()) };
}
