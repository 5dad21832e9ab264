import type { RequestRecord } from './record';

/** What Lambda hands a function of its trace: `Root=1-…;Parent=…;Sampled=1`. */
export interface TraceHeader {
  readonly traceId: string;
  readonly parentId: string;
}

/** The trace of an invocation, if it is one that X-Ray keeps. */
export function parseTraceHeader(header: string | undefined): TraceHeader | undefined {
  const fields = new Map((header ?? '').split(';').map((field) => field.split('=', 2) as [string, string]));
  const [traceId, parentId] = [fields.get('Root'), fields.get('Parent')];
  return fields.get('Sampled') === '1' && traceId !== undefined && parentId !== undefined
    ? { traceId, parentId }
    : undefined;
}

const DAEMON_HEADER = '{"format":"json","version":1}\n';

/**
 * One subsegment for each attempt, as datagrams for X-Ray's daemon: which tier was asked, for how long, how it ended.
 *
 * Source: AWS X-Ray developer guide, "X-Ray segment documents".
 *
 * @param newId 16 hexadecimal digits, another each time
 */
export function traceDatagrams(record: RequestRecord, trace: TraceHeader, newId: () => string): string[] {
  return record.attempts.map(
    ({ tier, outcome, startedAt, milliseconds }) =>
      DAEMON_HEADER +
      JSON.stringify({
        type: 'subsegment',
        id: newId(),
        trace_id: trace.traceId,
        parent_id: trace.parentId,
        name: `tier ${tier}`,
        start_time: startedAt,
        end_time: startedAt + milliseconds / 1000,
        annotations: { tier, outcome },
        ...(outcome === 'throttled' ? { throttle: true } : {}),
        ...(outcome === 'error' || outcome === 'timeout' || outcome === 'gone' || outcome === 'cut'
          ? { fault: true }
          : {}),
      }),
  );
}
