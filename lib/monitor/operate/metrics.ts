import { ALL, type CategorySummary } from '../summary';
import type { Metric } from './ports';

/** What CloudWatch is told of a run. */
export function runMetrics(
  summaries: readonly CategorySummary[],
  test: { readonly evidence: number; readonly alarm: boolean; readonly failed: number },
): readonly Metric[] {
  return [
    ...testMetrics(test),
    { name: 'FailedPrompts', value: test.failed, unit: 'Count' },
    ...summaries.flatMap(ofCategory),
  ];
}

/** What the alarm looks at. */
export function testMetrics(test: { readonly evidence: number; readonly alarm: boolean }): readonly Metric[] {
  return [
    { name: 'DriftEvidence', value: test.evidence, unit: 'None' },
    { name: 'DriftDetected', value: test.alarm ? 1 : 0, unit: 'Count' },
  ];
}

function ofCategory(summary: CategorySummary): Metric[] {
  const category = summary.category === ALL ? {} : { category: summary.category };
  const metric = (name: string, value: number | null, unit: Metric['unit'] = 'None'): Metric[] =>
    value === null || !Number.isFinite(value) ? [] : [{ name, value, unit, ...category }];
  const percent = (name: string, share: number | null) => metric(name, share === null ? null : share * 100, 'Percent');
  return [
    ...metric('Prompts', summary.prompts, 'Count'),
    ...metric('Similarity', summary.similarity),
    ...percent('ExactMatch', summary.exactMatch),
    ...percent('NormalizedMatch', summary.normalizedMatch),
    ...percent('ValidAnswers', summary.valid),
    ...metric('MeanKl', summary.meanKl),
    ...metric('MaxKl', summary.maxKl),
    ...percent('Top1Agreement', summary.top1Agreement),
    ...metric('LengthRatio', summary.lengthRatio),
    ...metric('Repetition', summary.repetition),
    ...metric('Perplexity', summary.perplexity),
    ...metric('EmbeddingDistance', summary.losses.embedding ?? null),
    ...metric('JudgeLoss', summary.losses.judge ?? null),
  ];
}
