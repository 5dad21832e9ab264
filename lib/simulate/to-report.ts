import type { SimulationReport } from '../report/simulation-report';
import type { ErrorFigures } from './figures';
import type { Simulation } from './simulation';

const BYTES_PER_GB = 1e9;

/** A simulation as `qe simulate --report` writes it. */
export function toReport(simulation: Simulation): SimulationReport {
  const { model, schemes, run } = simulation;
  return {
    model: { ...model, digest: model.digest ?? '' },
    schemes: schemes.map(({ scheme, bytes, bitsPerWeight, figures, tensors }) => ({
      scheme: scheme.name,
      groupSize: scheme.groupSize,
      bytes,
      bitsPerWeight,
      weights: errors(figures),
      tensors: tensors.map(({ name, shape, figures: own, clipped, outlierColumns }) => ({
        name,
        shape,
        ...errors(own),
        clipped,
        outlierColumns,
      })),
    })),
    run: { ...run, gigabytesPerSecond: run.bytesRead / BYTES_PER_GB / run.seconds },
  };
}

/** JSON has no infinity: no error at all is null. */
function errors({ sqnrDb, relativeError, maxAbsError }: ErrorFigures): {
  sqnrDb: number | null;
  relativeError: number;
  maxAbsError: number;
} {
  return { sqnrDb: Number.isFinite(sqnrDb) ? sqnrDb : null, relativeError, maxAbsError };
}
