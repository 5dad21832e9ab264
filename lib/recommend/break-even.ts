import type { BreakEven, Candidate } from './types';

/**
 * Against the option with the next lower price for one instance: the load from which this one costs no more, because of the cheaper so
 * many instances are needed by then.
 *
 * @returns `null` where no cheaper option exists, or prices or speeds are not known
 */
export function breakEvenOf(chosen: Candidate, candidates: readonly Candidate[]): BreakEven | null {
  const price = perInstance(chosen);
  if (price === null || chosen.requestsPerSecond === null) return null;
  const cheaper = candidates
    .filter((other) => {
      const own = perInstance(other);
      return own !== null && own < price && other.requestsPerSecond !== null && other.requestsPerSecond > 0;
    })
    .sort(
      (a, b) =>
        (perInstance(b) as number) - (perInstance(a) as number) ||
        (b.requestsPerSecond as number) - (a.requestsPerSecond as number),
    )
    .at(0);
  if (cheaper === undefined) return null;
  const cheaperPrice = perInstance(cheaper) as number;
  const cheaperRate = cheaper.requestsPerSecond as number;
  const { instanceType, quantization, container, tensorParallelSize } = cheaper;
  const reference = { instanceType, quantization, container, tensorParallelSize, usdPerHour: cheaperPrice };
  const load = loadOf(price, chosen.requestsPerSecond, cheaperPrice, cheaperRate);
  const name = `${chosen.instanceType} with ${chosen.quantization}`;
  const other = `${instanceType} with ${quantization}`;
  return {
    cheaper: reference,
    requestsPerSecond: load,
    message:
      load === null
        ? `${name} never costs less for a request than ${other}${whatForIt(chosen, cheaper)}`
        : `from ${load.toFixed(2)} requests a second on, ${name} costs no more than ${other}`,
  };
}

/** What may be worth the price all the same; a request is no slower on the cheaper one where nothing is. */
function whatForIt(chosen: Candidate, cheaper: Candidate): string {
  const reasons = [
    isLess(chosen.interTokenMs, cheaper.interTokenMs) || isLess(chosen.timeToFirstTokenMs, cheaper.timeToFirstTokenMs)
      ? 'its latency'
      : undefined,
    isLess(cheaper.plan.checkpointBytes, chosen.plan.checkpointBytes) ? 'the precision of its weights' : undefined,
  ].filter((reason) => reason !== undefined);
  return reasons.length === 0
    ? ', is no faster and keeps no more of the weights'
    : `: it is worth its price only for ${reasons.join(' or ')}`;
}

function isLess(value: number | null, other: number | null): boolean {
  return value !== null && other !== null && value < other;
}

/**
 * Below the first instance's capacity the dearer is worth it once so many of the cheaper are needed that they cost as much; beyond it, only
 * if a request costs less on it.
 */
function loadOf(price: number, rate: number, cheaperPrice: number, cheaperRate: number): number | null {
  const needed = Math.ceil(price / cheaperPrice);
  const load = (needed - 1) * cheaperRate;
  if (load <= rate) return load;
  return price / rate <= cheaperPrice / cheaperRate ? load : null;
}

function perInstance({ usdPerHour, instances }: Candidate): number | null {
  return usdPerHour === null ? null : usdPerHour / instances;
}
