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
  /** Of an encoder, instead of it. */
  readonly embedding?: { readonly meanCosine: number; readonly rankAgreement: number };
}

/** A scheme with some layers at higher precision. */
export interface ReportedMix {
  readonly scheme: string;
  readonly kept: readonly string[];
  readonly keptAs: string;
  /** Perplexity at full precision on the same text. */
  readonly fullPrecisionPerplexity: number;
  readonly evaluation: NonNullable<ReportedScheme['evaluation']>;
}

/** What `qe simulate --report` wrote, as far as a gate reads it. */
export interface QualityReport {
  readonly file: string;
  readonly digest: string;
  readonly measuredAt?: Date;
  /** Perplexity at full precision; undefined without a held-out text. */
  readonly perplexity?: number;
  /** KV cache that the schemes were evaluated with, and what full precision loses by it alone. */
  readonly kvCache?: { readonly type: string; readonly evaluation: NonNullable<ReportedScheme['evaluation']> };
  readonly schemes: readonly ReportedScheme[];
  /** Mixes of a scheme and layers at higher precision that were measured. */
  readonly mixes: readonly ReportedMix[];
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
      kvCache: cache && {
        type: textOf(cache.type, 'kvCache.type'),
        evaluation: figuresOf(cache, 'evaluation.kvCache'),
      },
      schemes: schemes.map(schemeOf),
      mixes: Array.isArray(measured?.sensitivity) ? measured.sensitivity.flatMap(mixOf) : [],
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
  const { scheme, groupSize, evaluation, embedding } = objectOf(value, where);
  return {
    scheme: textOf(scheme, `${where}.scheme`),
    groupSize: groupSize === undefined ? undefined : numberOf(groupSize, `${where}.groupSize`),
    evaluation: evaluation === undefined ? undefined : figuresOf(evaluation, `${where}.evaluation`),
    embedding: embedding === undefined ? undefined : likenessOf(embedding, `${where}.embedding`),
  };
}

/** A scheme's sensitivity without a proposal has no mix. */
function mixOf(value: unknown, index: number): ReportedMix[] {
  const where = `evaluation.sensitivity[${index}]`;
  const { scheme, perplexity, proposal } = objectOf(value, where);
  if (proposal === undefined) return [];
  const { kept, keptAs, measured } = objectOf(proposal, `${where}.proposal`);
  if (!Array.isArray(kept)) throw new RangeError(`${where}.proposal.kept is no list`);
  return [
    {
      scheme: textOf(scheme, `${where}.scheme`),
      kept: kept.map((name) => textOf(name, `${where}.proposal.kept`)),
      keptAs: textOf(keptAs, `${where}.proposal.keptAs`),
      fullPrecisionPerplexity: numberOf(perplexity, `${where}.perplexity`),
      evaluation: figuresOf(measured, `${where}.proposal.measured`),
    },
  ];
}

function figuresOf(value: unknown, where: string): NonNullable<ReportedScheme['evaluation']> {
  const figures = objectOf(value, where);
  const figure = (key: string) => numberOf(figures[key], `${where}.${key}`);
  return {
    perplexity: figure('perplexity'),
    meanKl: figure('meanKl'),
    p99Kl: figure('p99Kl'),
    top1Agreement: shareOf(figures.top1Agreement, `${where}.top1Agreement`),
  };
}

function likenessOf(value: unknown, where: string): NonNullable<ReportedScheme['embedding']> {
  const { meanCosine, rankAgreement } = objectOf(value, where);
  return {
    meanCosine: shareOf(meanCosine, `${where}.meanCosine`),
    rankAgreement: shareOf(rankAgreement, `${where}.rankAgreement`),
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

/** Of a broken model nothing agrees, which may be no number either. */
function shareOf(value: unknown, where: string): number {
  return value === null ? 0 : numberOf(value, where);
}
