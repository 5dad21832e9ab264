import type { QualityReport, ReportedMix, ReportedScheme } from './report';

/** Figures that let an endpoint through, for the plan artefact: of a decoder the predictions', of an encoder the embeddings'. */
export interface GateFigures {
  readonly report: string;
  readonly measuredAt?: string;
  readonly scheme: string;
  readonly perplexity?: number;
  readonly fullPrecisionPerplexity?: number;
  readonly perplexityIncrease?: number;
  readonly meanKl?: number;
  readonly p99Kl?: number;
  readonly top1Agreement?: number;
  readonly meanCosine?: number;
  readonly rankAgreement?: number;
}

/** Undefined where the report compares weights alone. */
export function schemeFigures(
  report: QualityReport,
  { scheme, evaluation, embedding }: Pick<ReportedScheme, 'scheme' | 'evaluation' | 'embedding'>,
): GateFigures | undefined {
  const of = { report: report.file, measuredAt: report.measuredAt?.toISOString(), scheme };
  if (embedding !== undefined) return { ...of, ...embedding };
  const { perplexity } = report;
  if (evaluation === undefined || perplexity === undefined) return undefined;
  return { ...of, ...evaluation, ...against(perplexity, evaluation.perplexity) };
}

export function mixFigures({ file, measuredAt }: QualityReport, mix: ReportedMix): GateFigures {
  const { scheme, kept, keptAs, fullPrecisionPerplexity, evaluation } = mix;
  return {
    report: file,
    measuredAt: measuredAt?.toISOString(),
    scheme: `${scheme} with ${kept.length} matrices ${keptAs === 'stored' ? 'as they are' : `at ${keptAs.toUpperCase()}`}`,
    ...evaluation,
    ...against(fullPrecisionPerplexity, evaluation.perplexity),
  };
}

/** For an order of schemes: the more, the worse. */
export function lossOf({ meanKl, meanCosine }: GateFigures): number {
  return meanKl ?? 1 - (meanCosine ?? 0);
}

function against(fullPrecisionPerplexity: number, perplexity: number) {
  return { fullPrecisionPerplexity, perplexityIncrease: perplexity / fullPrecisionPerplexity - 1 };
}
