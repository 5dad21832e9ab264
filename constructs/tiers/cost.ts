import { compareTiers, type TierComparison } from '../../lib/route/cost';
import type { Boundary } from '../../lib/route';
import { defaultShares } from '../../lib/route';
import { withoutUndefined } from '../shared/known';
import type { BoundClassifier } from './classifier';
import type { BoundTier } from './tier';

/** What is expected of each tier, and where that comes from. */
export interface ExpectedShares {
  readonly shares: readonly number[];
  readonly from: 'shares' | 'calibration' | 'assumption';
}

/** Shares as asked; else as the examples of the calibration had them; else four of five requests at each step. */
export function expectedShares(
  asked: readonly number[] | undefined,
  { calibrated, handler, weights }: BoundClassifier,
  boundaries: readonly Boundary[],
): ExpectedShares {
  const tiers = boundaries.length + 1;
  if (asked !== undefined) return { shares: asked, from: 'shares' };
  if (!calibrated || handler !== undefined || weights.boundaries.length !== boundaries.length)
    return { shares: defaultShares(tiers), from: 'assumption' };
  let rest = 1;
  const shares = boundaries.map(({ threshold }, step) => {
    const below = weights.boundaries[step].quantiles.filter((score) => score < threshold).length / 101;
    const share = rest * below;
    rest -= share;
    return share;
  });
  return { shares: [...shares, rest], from: 'calibration' };
}

/** The tiers beside their largest alone. */
export function compare(tiers: readonly BoundTier[], { shares }: ExpectedShares): TierComparison | undefined {
  return compareTiers(
    tiers.map(({ config, usdPerHour, outputTokensPerSecond, instances }, tier) =>
      withoutUndefined({
        name: config.name,
        share: shares[tier],
        usdPerHour,
        outputTokensPerSecond,
        instances,
        outputUsdPerMillionTokens:
          config.backend.kind === 'bedrock' ? (config.outputUsdPerMillionTokens ?? NaN) : undefined,
      }),
    ),
  );
}

/** The comparison in one line, for synth. */
export function costInWords(
  tiers: readonly BoundTier[],
  { shares, from }: ExpectedShares,
  comparison: TierComparison | undefined,
): string {
  const split = tiers.map(({ config }, tier) => `${config.name} ${Math.round(shares[tier] * 100)} %`).join(', ');
  const basis = { shares: 'as asked', calibration: 'by the calibration', assumption: 'assumed' }[from];
  if (comparison === undefined || Number.isNaN(comparison.usdPerMonth))
    return `requests ${split} (${basis}); what they cost beside the largest alone is not known: a price or a speed is missing`;
  const { outputTokensPerSecond, usdPerMonth, largestAlone } = comparison;
  const alone =
    largestAlone.instances === null
      ? ''
      : ` (${largestAlone.instances} ${largestAlone.instances === 1 ? 'instance' : 'instances'})`;
  const name = tiers[tiers.length - 1].config.name;
  return (
    `requests ${split} (${basis}): $${count(usdPerMonth)} a month for up to ${count(outputTokensPerSecond)} tokens/s; ` +
    `${name} alone${alone} for the same: $${count(largestAlone.usdPerMonth)} a month`
  );
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
