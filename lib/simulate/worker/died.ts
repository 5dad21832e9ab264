import { SimulationError } from '../../errors';

/** For a thread that ended before it said that its work was done. */
export function workerDied(exitCode: number): SimulationError {
  return new SimulationError('SIMULATION_WORKER_DIED', 'a worker thread ended before its work was done', {
    got: `exit code ${exitCode}`,
    fix: 'try again with fewer threads: the system may have run out of memory',
  });
}
