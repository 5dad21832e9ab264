import { resolveEndpoint } from '../../lib/endpoint/resolve';
import { SpecError } from '../../lib/errors';
import {
  compareWithMeasured,
  deriveFactors,
  makePlan,
  measuredLoads,
  parseCorrections,
  setCorrections,
  withCorrection,
  type Comparison,
  type Correction,
  type MeasuredLoad,
} from '../../lib/plan';
import type { EndpointSpec } from '../../lib/spec/types';
import { readIfThere } from '../input';
import { writeWhole } from '../output/write-file';

/** Where corrections are kept unless `QE_CORRECTIONS` says otherwise: beside the project that is planned. */
const DEFAULT_FILE = 'qe-corrections.json';

function correctionsPath(): string {
  return process.env.QE_CORRECTIONS ?? DEFAULT_FILE;
}

/** @throws SpecError `CORRECTIONS_UNREADABLE` */
async function readCorrections(path: string): Promise<readonly Correction[]> {
  const text = await readIfThere(path, 'CORRECTIONS_UNREADABLE', 'measure again, or remove the file');
  return text === undefined ? [] : parseCorrections(text, path).corrections;
}

/** Makes every plan of this process use what was measured, where there is such a file. */
export async function useCorrections(): Promise<void> {
  setCorrections(await readCorrections(correctionsPath()));
}

/** A load, and what the plan says of it beside what was measured. */
export interface ComparedLoad {
  readonly concurrency: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly comparison: readonly Comparison[];
}

/** Loads of a benchmark's report beside plans of the same loads; undefined for another file. */
export function compareLoads(spec: EndpointSpec, text: string): readonly ComparedLoad[] | undefined {
  const loads = loadsOf(text);
  return loads?.map((load) => ({
    concurrency: load.concurrency,
    inputTokens: load.inputTokens,
    outputTokens: load.outputTokens,
    comparison: compareWithMeasured(planOf(spec, load), load.measured),
  }));
}

/**
 * Keeps what a benchmark says of the plan's speed.
 *
 * @returns the file and the correction; undefined where there is nothing to learn, or the figures are of something else
 * @throws SpecError `CORRECTIONS_NEED_BENCHMARK`
 */
export async function saveCorrections(
  spec: EndpointSpec,
  text: string,
): Promise<{ readonly path: string; readonly correction: Correction } | undefined> {
  const loads = loadsOf(text);
  if (loads === undefined)
    throw new SpecError(
      'CORRECTIONS_NEED_BENCHMARK',
      'corrections come from measured speed, which this file has none of',
      {
        got: 'no report of qe benchmark',
        allowed: 'a report of qe benchmark with --measured',
        fix: 'run qe benchmark ENDPOINT --report FILE, and give that file',
      },
    );
  const factors = deriveFactors(
    loads.map((load) => ({
      concurrency: load.concurrency,
      estimate: planOf(spec, load).estimate,
      measured: load.measured,
    })),
  );
  if (factors === undefined) return undefined;
  const { scheme, container } = resolveEndpoint(spec);
  const { startedAt } = JSON.parse(text) as { readonly startedAt?: unknown };
  const correction: Correction = {
    model: spec.model.id ?? '',
    scheme: scheme.name,
    instanceType: spec.instanceType ?? '',
    container: container?.family ?? '',
    ...factors,
    measuredAt: typeof startedAt === 'string' ? startedAt : new Date().toISOString(),
  };
  const path = correctionsPath();
  const corrections = withCorrection(await readCorrections(path), correction);
  await writeWhole(path, `${JSON.stringify({ schema: 1, corrections }, undefined, 2)}\n`);
  return { path, correction };
}

function loadsOf(text: string): readonly MeasuredLoad[] | undefined {
  try {
    return measuredLoads(JSON.parse(text));
  } catch {
    // An engine's log.
    return undefined;
  }
}

/** The plan of the load that was measured, without corrections: what is compared is the estimate itself. */
function planOf(spec: EndpointSpec, { concurrency, inputTokens, outputTokens }: MeasuredLoad) {
  setCorrections([]);
  const workload = {
    ...spec.workload,
    concurrency,
    ...(inputTokens === undefined ? {} : { inputTokens: Math.round(inputTokens) }),
    ...(outputTokens === undefined ? {} : { outputTokens: Math.max(1, Math.round(outputTokens)) }),
  };
  return makePlan(resolveEndpoint({ ...spec, workload }));
}
