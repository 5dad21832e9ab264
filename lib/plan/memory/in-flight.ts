import { isSince } from '../../endpoint/version';
import type { Subject } from '../subject';

/** What guesses ahead while steps overlap. Source: vllm/config/vllm.py of 0.26.0 to 0.30.0, `async_scheduling`. */
const GUESSES = /^(eagle3?|mtp|extract_hidden_states|dflash|ngram_gpu|dspark)$|_mtp$/;

/**
 * Steps whose tokens may be under way at once: from 0.26 vLLM keeps what lies outside a window until the steps that may still read it
 * are done, and sets it aside for each sequence: one step for each stage of the pipeline, and one more where the next is scheduled while one
 * runs, which it is unless a way to guess ahead forbids it. Before, one step was counted.
 * Source: vllm/config/vllm.py of 0.26.0 to 0.30.0, `max_concurrent_batches`, `max_in_flight_tokens`.
 */
export function stepsInFlight(
  subject: Pick<Subject, 'engineVersion' | 'options' | 'usesSecondRunner' | 'speculation' | 'overlapsSteps'>,
): number {
  const { engineVersion, options, usesSecondRunner, speculation, overlapsSteps } = subject;
  if (!isSince(engineVersion, 0, 26)) return 1;
  const stages = options.pipelineParallelSize;
  const overlaps = overlapsSteps ?? (speculation === undefined || mayOverlap(speculation, engineVersion));
  // The first runner does not overlap the steps of a pipeline.
  return overlaps && (usesSecondRunner || stages <= 1) ? stages + 1 : stages;
}

function mayOverlap(method: string, version: readonly number[] | undefined): boolean {
  return GUESSES.test(method) || (/^draft(_model)?$/.test(method) && isSince(version, 0, 28));
}
