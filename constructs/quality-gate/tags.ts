import { Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { GateFigures } from './quality-gate';

/** Measured quality, as numbers that a tag policy or a search can read: of several models, the worst of each. */
export function tagQuality(scope: Construct, all: readonly GateFigures[]): void {
  if (all.length === 0) return;
  const worst = (figure: (one: GateFigures) => number): number => Math.max(...all.map(figure));
  const increase = worst(({ perplexityIncrease }) => perplexityIncrease);
  Tags.of(scope).add('cdk-quantized-endpoints:perplexity-increase', increase.toFixed(4));
  Tags.of(scope).add('cdk-quantized-endpoints:mean-kl', worst(({ meanKl }) => meanKl).toFixed(5));
}
