import type { Load } from './load';
import { distribution, type Distribution } from './percentile';
import { interTokenTime, timeToFirstToken, type RequestRecord } from './record';

/** Figures of one load. Times in milliseconds; failed requests count in `errors` alone. */
export interface StageResult {
  readonly load: Load;
  readonly seconds: number;
  readonly requests: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly requestsPerSecond: number;
  readonly outputTokensPerSecond: number;
  /** Prompt and answer. */
  readonly totalTokensPerSecond: number | null;
  readonly timeToFirstTokenMs: Distribution | null;
  readonly interTokenMs: Distribution | null;
  readonly totalMs: Distribution | null;
  /** Longest wait of each answer between two events: what a reader sees as a stall. */
  readonly longestGapMs: Distribution | null;
  readonly inputTokens: Distribution | null;
  readonly outputTokens: Distribution | null;
  /** `events`: the server told no usage, and tokens are the events of its streams, which may bundle several. */
  readonly tokensCountedBy: 'server' | 'events';
  /** Share of one core that the benchmark's own process took. */
  readonly clientCpu: number;
}

/**
 * @param records of the requests that the stage sent
 * @param seconds from the first request to the last answer, pauses left out
 */
export function stageResult(
  load: Load,
  records: readonly RequestRecord[],
  seconds: number,
  clientCpu: number,
): StageResult {
  const answered = records.filter(({ error }) => error === undefined);
  const collect = (pick: (record: RequestRecord) => number | undefined) =>
    distribution(answered.flatMap((record) => pick(record) ?? []));
  const sum = (pick: (record: RequestRecord) => number | undefined) =>
    answered.reduce((total, record) => total + (pick(record) ?? 0), 0);
  const output = sum(({ outputTokens }) => outputTokens);
  const input = answered.every(({ promptTokens }) => promptTokens !== undefined)
    ? sum(({ promptTokens }) => promptTokens)
    : null;
  const rate = (amount: number) => (seconds > 0 ? amount / seconds : 0);
  return {
    load,
    seconds,
    requests: records.length,
    errors: countErrors(records),
    requestsPerSecond: rate(answered.length),
    outputTokensPerSecond: rate(output),
    totalTokensPerSecond: input === null ? null : rate(input + output),
    timeToFirstTokenMs: collect(timeToFirstToken),
    interTokenMs: collect(interTokenTime),
    totalMs: collect(({ endMs, dueMs }) => endMs - dueMs),
    longestGapMs: collect(({ longestGapMs }) => longestGapMs),
    inputTokens: collect(({ promptTokens }) => promptTokens),
    outputTokens: collect(({ outputTokens }) => outputTokens),
    tokensCountedBy: answered.every(({ countedBy }) => countedBy === 'server') ? 'server' : 'events',
    clientCpu,
  };
}

function countErrors(records: readonly RequestRecord[]): Record<string, number> {
  const errors: Record<string, number> = {};
  for (const { error } of records) if (error !== undefined) errors[error] = (errors[error] ?? 0) + 1;
  return errors;
}
