import { explain } from '../classify/decide';
import { escalations, type RequestRecord } from './record';

/**
 * A request as a line of CloudWatch's embedded metric format, from which CloudWatch makes metrics without a call: per
 * router and tier `Requests`, `Escalations`, `FirstToken`, `Tokens` and the like. What is not a metric stays in the
 * line, to be searched: the decision with its reasons, every attempt. No word of the prompt is in it.
 *
 * Source: CloudWatch user guide, "Specification: Embedded metric format".
 *
 * @param timestamp milliseconds since 1970
 */
export function metricsLine(
  record: RequestRecord,
  { namespace, router, tiers }: { namespace: string; router: string; tiers: readonly string[] },
  timestamp: number,
): string {
  const up = escalations(record, tiers);
  const metrics: [string, string, number | undefined][] = [
    ['Requests', 'Count', 1],
    ['Escalations', 'Count', up.length],
    ['Errors', 'Count', record.status >= 500 || (record.error !== undefined && record.status === 200) ? 1 : 0],
    ['Refused', 'Count', record.status >= 400 && record.status < 500 ? 1 : 0],
    ['FirstToken', 'Milliseconds', record.firstTokenMs],
    ['Duration', 'Milliseconds', record.totalMs],
    ['PromptTokens', 'Count', record.promptTokens],
    ['CompletionTokens', 'Count', record.completionTokens],
    ['CostUsd', 'None', record.costUsd],
  ];
  const told = metrics.filter((metric): metric is [string, string, number] => metric[2] !== undefined);
  return JSON.stringify({
    _aws: {
      Timestamp: timestamp,
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: [['Router', 'Tier'], ['Router']],
          Metrics: told.map(([Name, Unit]) => ({ Name, Unit })),
        },
      ],
    },
    Router: router,
    Tier: record.answeredBy ?? 'none',
    ...Object.fromEntries(told.map(([name, , value]) => [name, value])),
    requestId: record.requestId,
    status: record.status,
    ...(record.error === undefined ? {} : { error: record.error }),
    streamed: record.streamed,
    ...(record.chosenTier === undefined ? {} : { chosenTier: record.chosenTier, chosenBy: record.chosenBy }),
    ...(record.decision === undefined ? {} : { decision: record.decision, because: explain(record.decision) }),
    attempts: record.attempts.map(({ tier, outcome, milliseconds }) => ({ tier, outcome, milliseconds })),
    escalatedFor: up.map(({ outcome }) => outcome),
  });
}
