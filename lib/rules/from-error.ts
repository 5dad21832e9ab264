import { QuantizedEndpointsError } from '../errors';
import type { Finding } from './types';

/**
 * Input that one of our own doors refused, as a finding: the error's id is the rule's id.
 * Anything else is a fault of ours, and is thrown on.
 */
export function findingFromError(error: unknown): Finding {
  if (!(error instanceof QuantizedEndpointsError)) throw error;
  const { id: rule, message, got, allowed, fix, path } = error;
  return withoutUndefined({ rule, severity: 'error', message, got, allowed, fix, path });
}

/** JSON answers must not carry keys that say nothing. */
export function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter((entry) => entry[1] !== undefined)) as T;
}
