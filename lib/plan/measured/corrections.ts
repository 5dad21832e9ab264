import type { ResolvedEndpoint } from '../../endpoint/types';
import { SpecError } from '../../errors';
import type { WorkloadSpec } from '../../spec/types';
import { DEFAULT_WORKLOAD } from '../speed/estimate';
import type { SpeedEstimate } from '../types';

/** How much longer than estimated things took, where it was measured: 1.2 is a fifth longer. */
export interface Correction {
  readonly model: string;
  readonly scheme: string;
  readonly instanceType: string;
  readonly container: string;
  readonly timeToFirstToken?: number;
  readonly interToken?: number;
  /** Of the benchmark, ISO 8601. */
  readonly measuredAt: string;
}

/** The corrections file: what `qe plan --measured … --save-corrections` keeps. */
export interface CorrectionFile {
  readonly schema: 1;
  readonly corrections: readonly Correction[];
}

/** Further off, the measurement was of something else than the plan: another model, a busy endpoint, a far client. */
export const LARGEST_FACTOR = 20;

/** @throws SpecError `CORRECTIONS_UNREADABLE` */
export function parseCorrections(text: string, path: string): CorrectionFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable(path, (cause as Error).message);
  }
  const { schema, corrections } = (value ?? {}) as Partial<CorrectionFile>;
  if (schema !== 1 || !Array.isArray(corrections)) throw unreadable(path, 'it has no schema 1 and list of corrections');
  for (const [i, correction] of corrections.entries()) {
    const names = ['model', 'scheme', 'instanceType', 'container', 'measuredAt'] as const;
    if (
      typeof correction !== 'object' ||
      correction === null ||
      names.some((name) => typeof correction[name] !== 'string')
    )
      throw unreadable(path, `correction ${i} does not say of what it is`);
    for (const name of ['timeToFirstToken', 'interToken'] as const) {
      const factor: unknown = correction[name];
      if (factor === undefined) continue;
      if (typeof factor !== 'number' || !(factor >= 1 / LARGEST_FACTOR && factor <= LARGEST_FACTOR))
        throw unreadable(path, `${name} of correction ${i} is ${JSON.stringify(factor)}`);
    }
  }
  return { schema: 1, corrections };
}

function unreadable(path: string, why: string): SpecError {
  return new SpecError('CORRECTIONS_UNREADABLE', `${path} holds no corrections: ${why}`, {
    path,
    allowed: `what qe plan --measured --save-corrections writes; factors from ${1 / LARGEST_FACTOR} to ${LARGEST_FACTOR}`,
    fix: 'measure again, or remove the file',
  });
}

let current: readonly Correction[] = [];

/** Corrections for every plan made from now on; none goes back to the estimates as they are. */
export function setCorrections(corrections: readonly Correction[]): void {
  current = corrections;
}

/** The correction for an endpoint: measured on this model, scheme, instance type and container, the latest; of two of one time the last. */
export function correctionFor(
  { spec, scheme, container }: Pick<ResolvedEndpoint, 'spec' | 'scheme' | 'container'>,
  corrections: readonly Correction[] = current,
): Correction | undefined {
  if (corrections.length === 0) return undefined;
  if (corrections.length === 0) return undefined;
  const subject = subjectOf(spec.model.id, scheme.name, spec.instanceType, container?.family);
  return corrections
    .filter((known) => subjectOf(known.model, known.scheme, known.instanceType, known.container) === subject)
    .reduce<Correction | undefined>(
      (latest, known) => (latest === undefined || known.measuredAt >= latest.measuredAt ? known : latest),
      undefined,
    );
}

function subjectOf(...names: readonly (string | undefined)[]): string {
  return JSON.stringify(names.map((name) => name ?? null));
}

/** The old list with one more; an older one of the same subject goes. */
export function withCorrection(corrections: readonly Correction[], added: Correction): readonly Correction[] {
  const subject = (known: Correction) => subjectOf(known.model, known.scheme, known.instanceType, known.container);
  return [...corrections.filter((known) => subject(known) !== subject(added)), added];
}

/** The estimate as measurements have it. Throughput follows from both times, as the estimate's own does. */
export function correctSpeed(
  estimate: SpeedEstimate,
  { timeToFirstToken = 1, interToken = 1 }: Pick<Correction, 'timeToFirstToken' | 'interToken'>,
  workload: WorkloadSpec | undefined,
): SpeedEstimate {
  const { timeToFirstTokenMs, interTokenMs, outputTokensPerSecond } = estimate;
  if (timeToFirstTokenMs === null || interTokenMs === null || outputTokensPerSecond === null) return estimate;
  const output = Math.max(1, workload?.outputTokens ?? DEFAULT_WORKLOAD.outputTokens);
  const [prefill, decode] = [timeToFirstTokenMs / 1000, (interTokenMs / 1000) * (output - 1)];
  // The estimate is batch · output / (batch · prefill + decode).
  const batch = (outputTokensPerSecond * decode) / (output - outputTokensPerSecond * prefill);
  const before = batch * prefill + decode;
  const after = batch * prefill * timeToFirstToken + decode * interToken;
  const slower = decode > 0 && Number.isFinite(batch) && batch > 0 ? after / before : timeToFirstToken;
  return {
    ...estimate,
    timeToFirstTokenMs: timeToFirstTokenMs * timeToFirstToken,
    interTokenMs: interTokenMs * interToken,
    outputTokensPerSecond: outputTokensPerSecond / slower,
    requestsPerSecond: estimate.requestsPerSecond === null ? null : estimate.requestsPerSecond / slower,
  };
}

/** A load's estimate beside what was measured of it. */
export interface EstimatedLoad {
  readonly concurrency: number;
  readonly estimate: SpeedEstimate;
  readonly measured: { readonly timeToFirstTokenMs?: number; readonly interTokenMs?: number };
}

/**
 * Factors from several loads: between tokens the geometric mean of all; to the first token that of the fewest requests at once, because
 * the estimate is of a prompt that waits for nobody. Undefined where nothing can be compared, or is too far off to be a correction.
 */
export function deriveFactors(
  loads: readonly EstimatedLoad[],
): Pick<Correction, 'timeToFirstToken' | 'interToken'> | undefined {
  const ratio = (real: number | undefined, estimated: number | null) =>
    real === undefined || estimated === null || estimated === 0 ? undefined : real / estimated;
  const [calmest] = [...loads].sort((a, b) => a.concurrency - b.concurrency);
  const timeToFirstToken = calmest && ratio(calmest.measured.timeToFirstTokenMs, calmest.estimate.timeToFirstTokenMs);
  const between = loads.flatMap(({ measured, estimate }) => ratio(measured.interTokenMs, estimate.interTokenMs) ?? []);
  const interToken =
    between.length === 0
      ? undefined
      : Math.exp(between.reduce((sum, value) => sum + Math.log(value), 0) / between.length);
  const factors = [timeToFirstToken, interToken].filter((factor) => factor !== undefined);
  if (factors.length === 0 || factors.some((factor) => factor > LARGEST_FACTOR || factor < 1 / LARGEST_FACTOR))
    return undefined;
  return {
    ...(timeToFirstToken === undefined ? {} : { timeToFirstToken }),
    ...(interToken === undefined ? {} : { interToken }),
  };
}
