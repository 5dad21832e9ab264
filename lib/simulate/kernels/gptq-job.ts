import type { KernelEngine } from './engine';
import { writeJob } from './write-job';

/** kernels/gptq.ts, `GptqJob`, in its order. Pointers are byte offsets. */
export interface GptqJob {
  readonly weights: number;
  readonly rows: number;
  readonly columns: number;
  readonly factor: number;
  readonly grid: number;
  readonly bits: number;
  readonly groupOf: number;
  readonly groupSize: number;
  readonly groups: number;
  readonly scales: number;
  readonly zeroPoints: number;
  readonly codes: number;
  readonly scratch: number;
}

const FIELDS: readonly (keyof GptqJob)[] = [
  'weights',
  'rows',
  'columns',
  'factor',
  'grid',
  'bits',
  'groupOf',
  'groupSize',
  'groups',
  'scales',
  'zeroPoints',
  'codes',
  'scratch',
];

/** Writes a job where the kernels can read it. */
export function writeGptqJob(engine: KernelEngine, job: GptqJob): number {
  const at = engine.arena.reserve(FIELDS.length * 4);
  writeJob(engine, at, FIELDS, job);
  return at;
}
