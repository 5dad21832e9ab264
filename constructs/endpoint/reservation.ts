import { capacityOf, reservationOf, type Reservation } from '../../lib/fleet';
import { planAnswer } from '../../lib/rules';
import type { EndpointSpec } from '../../lib/spec/types';
import { tryResolve } from './defaults';

/** Where neither model nor instance are known at synth: one accelerator, and what a small model takes. */
const UNKNOWN: Reservation = { accelerators: 1, cpuCores: 0, memoryBytes: 8 * 2 ** 30 };

/**
 * What one copy of a planned spec reserves.
 *
 * @param company `alone`: no other model shares its instances; on a CPU, whose cores llama-server takes all, one copy
 * then takes more than half of them, so that no second one comes beside it
 */
export function reservationFor(spec: EndpointSpec, company: 'alone' | 'shared'): Reservation {
  const resolved = tryResolve(spec);
  const instance = resolved?.instance;
  if (resolved === undefined || instance === undefined) return UNKNOWN;
  const reserves = reservationOf(resolved, planAnswer(spec), instance);
  if (company === 'shared' || reserves.accelerators > 0) return reserves;
  const { cpuCores } = capacityOf(instance);
  return { ...reserves, cpuCores: Math.min(cpuCores, Math.max(reserves.cpuCores, Math.floor(cpuCores / 2) + 1)) };
}

/** Copies for which one instance has room; 1 at least. */
export function copiesOnOneInstance(spec: EndpointSpec, reserves: Reservation): number {
  const instance = tryResolve(spec)?.instance;
  if (instance === undefined) return 1;
  const capacity = capacityOf(instance);
  const rooms = (['accelerators', 'cpuCores', 'memoryBytes'] as const)
    .filter((name) => reserves[name] > 0)
    .map((name) => Math.floor(capacity[name] / reserves[name]));
  return Math.max(1, Math.min(...rooms));
}
