/** What happened to one request; times in milliseconds of one clock. */
export interface RequestRecord {
  /** When it was due: in an open loop a client that falls behind must not make the server look fast. */
  readonly dueMs: number;
  readonly firstTokenMs?: number;
  readonly lastTokenMs?: number;
  readonly endMs: number;
  readonly promptTokens?: number;
  readonly outputTokens?: number;
  /** Whether the server counted the tokens (`usage`), or they are the events of the stream. */
  readonly countedBy: 'server' | 'events';
  /** Longest wait between two events of the stream. */
  readonly longestGapMs?: number;
  /** Name of the failure; a stream that broke in the middle is one. */
  readonly error?: string;
}

/** Time until the first token of the answer came. */
export function timeToFirstToken({ firstTokenMs, dueMs }: RequestRecord): number | undefined {
  return firstTokenMs === undefined ? undefined : firstTokenMs - dueMs;
}

/** Mean time between two tokens of the answer after the first; undefined for answers of one. Source: AIPerf, "Inter Token Latency". */
export function interTokenTime({ firstTokenMs, lastTokenMs, outputTokens }: RequestRecord): number | undefined {
  if (firstTokenMs === undefined || lastTokenMs === undefined || (outputTokens ?? 0) < 2) return undefined;
  return (lastTokenMs - firstTokenMs) / (outputTokens! - 1);
}
