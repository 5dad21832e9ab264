import { Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { GateFigures } from './figures';

/** Measured quality, as numbers that a tag policy or a search can read: of several models, the worst of each. */
export function tagQuality(scope: Construct, all: readonly GateFigures[]): void {
  const tag = (
    name: string,
    figure: keyof GateFigures,
    worst: (...values: number[]) => number,
    digits: number,
  ): void => {
    const values = all.flatMap((one) => (one[figure] as number | undefined) ?? []);
    if (values.length > 0) Tags.of(scope).add(`cdk-quantized-endpoints:${name}`, worst(...values).toFixed(digits));
  };
  tag('perplexity-increase', 'perplexityIncrease', Math.max, 4);
  tag('mean-kl', 'meanKl', Math.max, 5);
  tag('mean-cosine', 'meanCosine', Math.min, 5);
}
