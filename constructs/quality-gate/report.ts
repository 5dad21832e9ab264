import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { SpecError } from '../../lib/errors';

/** A scheme's figures in a report, as far as a gate reads them. */
export interface ReportedScheme {
  readonly scheme: string;
  readonly groupSize?: number;
  readonly evaluation?: {
    readonly perplexity: number;
    readonly meanKl: number;
    readonly p99Kl: number;
    readonly top1Agreement: number;
  };
}

/** What `qe simulate --report` wrote, as far as a gate reads it. */
export interface QualityReport {
  readonly file: string;
  readonly digest: string;
  readonly measuredAt?: Date;
  /** Perplexity at full precision; undefined without a held-out text. */
  readonly perplexity?: number;
  /** Type of the KV cache that the schemes were evaluated with. */
  readonly kvCache?: string;
  readonly schemes: readonly ReportedScheme[];
}

type Json = Readonly<Record<string, unknown>>;

/** @throws SpecError `QUALITY_REPORT_UNREADABLE` */
export function readQualityReport(file: string): QualityReport {
  const full = path.resolve(file);
  try {
    const value: unknown = JSON.parse(readFileSync(full, 'utf8'));
    const { schema, model, evaluation, schemes, measuredAt } = objectOf(value, 'the report');
    if (schema !== 1) throw new RangeError(`schema ${String(schema)} instead of 1`);
    if (!Array.isArray(schemes)) throw new RangeError('no list of schemes');
    const measured = evaluation === undefined ? undefined : objectOf(evaluation, 'evaluation');
    const cache = measured?.kvCache === undefined ? undefined : objectOf(measured.kvCache, 'kvCache');
    const date = typeof measuredAt === 'string' ? new Date(measuredAt) : undefined;
    return {
      file,
      digest: textOf(objectOf(model, 'model').digest, 'model.digest'),
      measuredAt: date === undefined || Number.isNaN(date.getTime()) ? undefined : date,
      perplexity: measured && numberOf(measured.perplexity, 'evaluation.perplexity'),
      kvCache: cache && textOf(cache.type, 'kvCache.type'),
      schemes: schemes.map(schemeOf),
    };
  } catch (cause) {
    throw new SpecError('QUALITY_REPORT_UNREADABLE', `cannot read ${file}: ${(cause as Error).message}`, {
      got: full,
      allowed: 'a report of `qe simulate --evaluate TEXT --report FILE`',
      fix: 'check the path, which is taken from the directory in which the app runs, or make the report again',
      path: file,
      cause,
    });
  }
}

function schemeOf(value: unknown, index: number): ReportedScheme {
  const where = `schemes[${index}]`;
  const { scheme, groupSize, evaluation } = objectOf(value, where);
  const figures = evaluation === undefined ? undefined : objectOf(evaluation, `${where}.evaluation`);
  const figure = (key: string) => numberOf(figures?.[key], `${where}.evaluation.${key}`);
  return {
    scheme: textOf(scheme, `${where}.scheme`),
    groupSize: groupSize === undefined ? undefined : numberOf(groupSize, `${where}.groupSize`),
    evaluation: figures && {
      perplexity: figure('perplexity'),
      meanKl: figure('meanKl'),
      p99Kl: figure('p99Kl'),
      top1Agreement: figure('top1Agreement'),
    },
  };
}

function objectOf(value: unknown, where: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new RangeError(`${where} is no object`);
}

function textOf(value: unknown, where: string): string {
  if (typeof value === 'string') return value;
  throw new RangeError(`${where} is no text`);
}

/** A broken model has an infinite perplexity, which JSON writes as null. */
function numberOf(value: unknown, where: string): number {
  if (value === null) return Infinity;
  if (typeof value === 'number') return value;
  throw new RangeError(`${where} is no number`);
}
