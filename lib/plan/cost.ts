import { findPrice, type PriceTable } from '../hardware';
import type { EndpointSpec } from '../spec/types';
import type { CostEstimate } from './types';

/** A month as AWS's own calculator counts it. */
export const HOURS_PER_MONTH = 730;

/** Instances of an endpoint that run when nothing scales: its plan, and what it costs, is that of one. */
export function instancesAlwaysRunning({ endpoint }: EndpointSpec): number {
  return Math.max(endpoint?.initialInstanceCount ?? 1, endpoint?.minInstanceCount ?? 0, 1);
}

const UNKNOWN: CostEstimate = { usdPerHour: null, usdPerMillionOutputTokens: null, priceDate: null, priceSource: null };

/**
 * What one instance costs on demand.
 *
 * @param outputTokensPerSecond of the whole instance
 * @param prices that win over those this package ships, e.g. just fetched ones
 */
export function costEstimate(
  instanceType: string | undefined,
  region: string | undefined,
  outputTokensPerSecond: number | null,
  prices?: PriceTable,
): CostEstimate {
  const price =
    instanceType === undefined || region === undefined ? undefined : findPrice(instanceType, region, prices);
  if (price === undefined) return UNKNOWN;
  return {
    usdPerHour: price.usdPerHour,
    usdPerMillionOutputTokens:
      outputTokensPerSecond === null || outputTokensPerSecond <= 0
        ? null
        : (price.usdPerHour / (outputTokensPerSecond * 3600)) * 1e6,
    priceDate: price.date,
    priceSource: price.source,
  };
}
