/** Hours of a month, as AWS's own calculator counts them. */
const HOURS_PER_MONTH = 730;

/** A tier as its cost depends on it. What is not known is left out. */
export interface TierCost {
  readonly name: string;
  /** Share of the requests, 0 to 1. */
  readonly share: number;
  /** Of one instance, for tiers that are paid by the hour. */
  readonly usdPerHour?: number;
  readonly outputTokensPerSecond?: number;
  readonly instances?: number;
  /** For tiers that are paid by the token; input is not counted. */
  readonly outputUsdPerMillionTokens?: number;
}

/** What tiers together cost, beside the largest alone. */
export interface TierComparison {
  /** Output that the tiers carry at these shares, until one of them is full. */
  readonly outputTokensPerSecond: number;
  readonly usdPerMonth: number;
  /** The largest tier alone for the same output: its instances, where it is paid by the hour, and its cost. */
  readonly largestAlone: { readonly instances: number | null; readonly usdPerMonth: number };
}

/**
 * The tiers against their largest alone, at the output that the tiers carry. Undefined where a price or a speed is not
 * known, or nothing that is paid by the hour limits the output.
 */
export function compareTiers(tiers: readonly TierCost[]): TierComparison | undefined {
  const hourly = tiers.filter((tier) => tier.outputUsdPerMillionTokens === undefined);
  if (hourly.length === 0) return undefined;
  const limits = hourly.map(({ share, usdPerHour, outputTokensPerSecond, instances = 1 }) =>
    usdPerHour === undefined || outputTokensPerSecond === undefined
      ? NaN
      : share === 0
        ? Infinity
        : (outputTokensPerSecond * instances) / share,
  );
  const output = Math.min(...limits);
  if (limits.some(Number.isNaN) || !Number.isFinite(output)) return undefined;
  const monthOf = ({ usdPerHour, instances = 1, outputUsdPerMillionTokens }: TierCost, tokensPerSecond: number) =>
    outputUsdPerMillionTokens === undefined
      ? usdPerHour! * instances * HOURS_PER_MONTH
      : (tokensPerSecond * 3600 * HOURS_PER_MONTH * outputUsdPerMillionTokens) / 1e6;
  const largest = tiers[tiers.length - 1];
  const instances =
    largest.outputUsdPerMillionTokens === undefined ? Math.ceil(output / largest.outputTokensPerSecond! - 1e-9) : null;
  return {
    outputTokensPerSecond: output,
    usdPerMonth: tiers.reduce((sum, tier) => sum + monthOf(tier, tier.share * output), 0),
    largestAlone: { instances, usdPerMonth: monthOf({ ...largest, instances: instances ?? undefined }, output) },
  };
}
