import type { Candidate } from './types';

/** Candidates that differ in their container only, best first. */
export interface CandidateGroup {
  readonly best: Candidate;
  readonly containers: readonly Candidate['container'][];
}

/** For reading: the same instance, scheme and parallelism under several containers is one line. */
export function groupByContainer(candidates: readonly Candidate[]): readonly CandidateGroup[] {
  const groups = new Map<string, { best: Candidate; containers: Candidate['container'][] }>();
  for (const candidate of candidates) {
    const { instanceType, quantization, tensorParallelSize, instances, container } = candidate;
    const key = `${instanceType} ${quantization} ${tensorParallelSize} ${instances}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { best: candidate, containers: [container] });
    else group.containers.push(container);
  }
  return [...groups.values()];
}
