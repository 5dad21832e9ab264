import type { KernelEngine } from './engine';
import { writeJob } from './write-job';

/** kernels/job.ts, `RowJob`, in its order. Pointers are byte offsets, 0 for "not wanted". */
export interface RowJob {
  readonly source: number;
  readonly dtype: number;
  readonly arithmetic: number;
  readonly rows: number;
  readonly columns: number;
  readonly groupSize: number;
  readonly grid: number;
  readonly bits: number;
  readonly rowsPerScale: number;
  readonly scales: number;
  readonly zeroPoints: number;
  readonly codes: number;
  readonly dequantized: number;
  readonly figures: number;
  readonly columnEnergy: number;
  readonly extremes: number;
  /** f32: NVFP4's scale of the whole tensor. */
  readonly globalScale: number;
  readonly firstRow: number;
}

const FIELDS: readonly (keyof RowJob)[] = [
  'source',
  'dtype',
  'arithmetic',
  'rows',
  'columns',
  'groupSize',
  'grid',
  'bits',
  'rowsPerScale',
  'scales',
  'zeroPoints',
  'codes',
  'dequantized',
  'figures',
  'columnEnergy',
  'extremes',
  'globalScale',
  'firstRow',
];

/** Writes a job where the kernels can read it: into `rowJobBytes` bytes, in which its fields come first. */
export function writeRowJob(engine: KernelEngine, at: number, job: RowJob): void {
  writeJob(engine, at, FIELDS, job);
  engine.floats(at, FIELDS.length)[FIELDS.indexOf('globalScale')] = job.globalScale;
}
