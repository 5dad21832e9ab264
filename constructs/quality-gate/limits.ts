import { SpecError } from '../../lib/errors';
import type { GateFigures } from './figures';
import type { QualityGateOptions } from './options';

type LimitName =
  'maxPerplexityIncrease' | 'maxKl' | 'maxP99Kl' | 'minTop1Agreement' | 'minMeanCosine' | 'minRankAgreement';

interface Limit {
  readonly option: LimitName;
  /** The figure that it holds, and what people call that. */
  readonly figure: keyof GateFigures;
  readonly name: string;
  readonly bound: 'at most' | 'at least';
}

const LIMITS: readonly Limit[] = [
  { option: 'maxPerplexityIncrease', figure: 'perplexityIncrease', name: 'perplexity increase', bound: 'at most' },
  { option: 'maxKl', figure: 'meanKl', name: 'mean KL', bound: 'at most' },
  { option: 'maxP99Kl', figure: 'p99Kl', name: '99th percentile KL', bound: 'at most' },
  { option: 'minTop1Agreement', figure: 'top1Agreement', name: 'top-1 agreement', bound: 'at least' },
  { option: 'minMeanCosine', figure: 'meanCosine', name: 'mean cosine', bound: 'at least' },
  { option: 'minRankAgreement', figure: 'rankAgreement', name: 'rank agreement', bound: 'at least' },
];

/** A limit that is not kept, or of which the report has no figure. */
export interface Violation {
  readonly option: string;
  readonly name: string;
  /** Undefined: not measured. */
  readonly value?: number;
  readonly limit: number;
  readonly bound: 'at most' | 'at least';
}

/** Every limit that the figures do not keep. */
export function violations(figures: GateFigures, options: QualityGateOptions): Violation[] {
  return LIMITS.flatMap(({ option, figure, name, bound }) => {
    const limit = options[option];
    const value = figures[figure] as number | undefined;
    if (limit === undefined) return [];
    const holds = value !== undefined && (bound === 'at most' ? value <= limit : value >= limit);
    return holds ? [] : [{ option, name, value, limit, bound }];
  });
}

/** @throws SpecError `QUALITY_LIMIT_OUT_OF_RANGE` */
export function assertLimits(options: QualityGateOptions, path: string): void {
  for (const { option } of LIMITS) {
    const value = options[option];
    if (value === undefined || value >= 0) continue;
    throw new SpecError('QUALITY_LIMIT_OUT_OF_RANGE', `${option} of a quality gate is no limit`, {
      got: String(value),
      allowed: '0 or more',
      fix: `correct ${option}; a share is written 0.03 for 3 %`,
      path,
    });
  }
}
