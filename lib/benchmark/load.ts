import { random } from '../monitor/random';

/**
 * How requests come. *Closed*: as many users as `concurrency`, each asking again when it was answered: what a server can do. *Open*:
 * requests come at a rate, whether or not earlier ones are answered, as users do: what it feels like.
 */
export type Load =
  | { readonly kind: 'closed'; readonly concurrency: number }
  | { readonly kind: 'open'; readonly requestsPerSecond: number };

/**
 * Times (seconds from the beginning) at which the requests of an open loop come: a Poisson process, gaps distributed exponentially.
 *
 * @param seed the same seed gives the same times, so that two endpoints see the same load
 */
export function arrivals(requestsPerSecond: number, count: number, seed: number): readonly number[] {
  const next = random(seed);
  let time = 0;
  return Array.from({ length: count }, () => (time -= Math.log(1 - next()) / requestsPerSecond));
}

/** `4 at once`, `2.5 a second`. */
export function loadInWords(load: Load): string {
  return load.kind === 'closed' ? `${load.concurrency} at once` : `${load.requestsPerSecond} a second`;
}
