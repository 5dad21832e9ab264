import type { Measured } from './engine-log';

/** What one load of a benchmark measured, and what it was. */
export interface MeasuredLoad {
  readonly concurrency: number;
  /** Means, tokens a request. */
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly measured: Measured;
}

/**
 * The closed loads in a report of `qe benchmark`, medians; undefined for another file. Open loads have no concurrency to plan for.
 *
 * @param value the report as parsed from JSON
 */
export function measuredLoads(value: unknown): readonly MeasuredLoad[] | undefined {
  const { stages } = objectOf(objectOf(value).endpoint);
  if (!Array.isArray(stages)) return undefined;
  return stages.flatMap((stage: unknown): MeasuredLoad[] => {
    const fields = objectOf(stage);
    const { kind, concurrency } = objectOf(fields.load);
    if (kind !== 'closed' || typeof concurrency !== 'number') return [];
    const measured = withoutUndefined({
      timeToFirstTokenMs: numberOf(objectOf(fields.timeToFirstTokenMs).p50),
      interTokenMs: numberOf(objectOf(fields.interTokenMs).p50),
      outputTokensPerSecond: numberOf(fields.outputTokensPerSecond),
      requestsPerSecond: numberOf(fields.requestsPerSecond),
    });
    if (Object.keys(measured).length === 0) return [];
    return [
      {
        concurrency,
        ...withoutUndefined({
          inputTokens: numberOf(objectOf(fields.inputTokens).mean),
          outputTokens: numberOf(objectOf(fields.outputTokens).mean),
        }),
        measured,
      },
    ];
  });
}

/** The load whose concurrency is nearest, as factors go. */
export function nearestLoad(loads: readonly MeasuredLoad[], concurrency: number): MeasuredLoad | undefined {
  const distance = (load: MeasuredLoad) => Math.abs(Math.log(load.concurrency / concurrency));
  return [...loads].sort((a, b) => distance(a) - distance(b))[0];
}

function withoutUndefined<T extends object>(fields: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
