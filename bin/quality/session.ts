import { availableParallelism } from 'node:os';
import v8 from 'node:v8';
import { SpecError } from '../../lib/errors';
import type { Checkpoint, CheckpointFolder } from '../../lib/format';
import { CheckpointWeights } from '../../lib/simulate/checkpoint-weights';
import { decoderShape, type DecoderShape } from '../../lib/simulate/forward/decoder-shape';
import { assertDecoderTensors } from '../../lib/simulate/forward/tensor-names';
import { createKernelEngine } from '../../lib/simulate/kernels/create';
import type { TextWindows } from '../../lib/simulate/quality/windows';
import type { Terminal } from '../terminal';
import { readWindows } from './text';
import { loadTokenizer } from './tokenizer';

/** What every forward pass of the command line needs. */
export interface ForwardSession {
  readonly shape: DecoderShape;
  readonly source: CheckpointWeights;
  readonly threads: number;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** A text file in the model's own tokens. */
  windows(file: string, limit?: number): Promise<TextWindows>;
}

export async function openForwardSession(
  folder: CheckpointFolder,
  checkpoint: Checkpoint,
  options: Record<string, unknown>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ForwardSession> {
  // Node 20 has relaxed SIMD behind a flag; it must be up before the kernels are compiled. Later versions know it by themselves.
  if (Number(process.versions.node.split('.')[0]) < 22) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  const shape = decoderShape(checkpoint.config);
  const source = new CheckpointWeights(checkpoint, createKernelEngine());
  assertDecoderTensors(source, shape);
  const tokenizer = await loadTokenizer(folder);
  return {
    shape,
    source,
    threads: positiveInteger(options.threads, '--threads') ?? availableParallelism(),
    terminal,
    signal,
    windows: (file, limit) => readWindows(file, tokenizer, shape, limit),
  };
}

/** @throws SpecError `OPTION_NOT_A_NUMBER` */
export function positiveInteger(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new SpecError('OPTION_NOT_A_NUMBER', `${name} is not a whole number it can use`, {
    got: String(value),
    allowed: 'a whole number above 0',
    fix: `correct ${name}`,
  });
}
