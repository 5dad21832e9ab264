import { ggufRunner } from '../gguf/runner';
import { gridRunner } from './grid-runner';
import type { RowKernel, RowRunner } from './runner';

/** A runner for each kind of kernel. */
const RUNNERS: { readonly [Kind in RowKernel['kind']]: RowRunner<Extract<RowKernel, { kind: Kind }>> } = {
  grid: gridRunner,
  gguf: ggufRunner,
};

/** The runner of a kernel. */
export function runnerOf(kernel: RowKernel): RowRunner {
  return RUNNERS[kernel.kind] as RowRunner;
}
