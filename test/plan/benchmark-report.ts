import { readFileSync } from 'node:fs';
import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { makePlan, type Correction } from '../../lib/plan';

const CONFIG = JSON.parse(readFileSync('examples/neuron/config.json', 'utf8')) as Record<string, unknown>;
export const SPEC = {
  model: { id: 'Qwen/Qwen2.5-7B-Instruct', config: CONFIG },
  container: { family: 'lmi' as const },
  instanceType: 'ml.g6e.xlarge',
  region: 'us-east-1',
  options: { maxModelLen: 8192 },
  workload: { inputTokens: 512, outputTokens: 128, concurrency: 4 },
};
export const CORRECTION: Correction = {
  model: SPEC.model.id,
  scheme: 'none',
  instanceType: SPEC.instanceType,
  container: 'lmi',
  timeToFirstToken: 1.5,
  interToken: 1.2,
  measuredAt: '2026-01-02T03:04:05.000Z',
};

export const estimateOf = (concurrency: number) =>
  makePlan(resolveEndpoint({ ...SPEC, workload: { ...SPEC.workload, concurrency } })).estimate;

/** A benchmark's report in which all takes so much longer than is planned. */
export function report(timeToFirstToken: number, interToken: number): string {
  const stage = (concurrency: number) => {
    const { timeToFirstTokenMs, interTokenMs, outputTokensPerSecond, requestsPerSecond } = estimateOf(concurrency);
    return {
      load: { kind: 'closed', concurrency },
      timeToFirstTokenMs: { p50: timeToFirstTokenMs! * timeToFirstToken },
      interTokenMs: { p50: interTokenMs! * interToken },
      outputTokensPerSecond,
      requestsPerSecond,
      inputTokens: { mean: 512 },
      outputTokens: { mean: 128 },
    };
  };
  return JSON.stringify({
    schema: 1,
    startedAt: '2026-01-02T03:04:05.000Z',
    endpoint: {
      endpoint: 'chat',
      stages: [stage(1), stage(8), { load: { kind: 'open', requestsPerSecond: 2 }, outputTokensPerSecond: 3 }],
    },
  });
}
