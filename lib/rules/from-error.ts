import { QuantizedEndpointsError } from '../errors';
import type { Finding, Severity } from './types';

/**
 * Input that one of our own doors refused, as a finding: the error's id is the rule's id.
 * Anything else is a fault of ours, and is thrown on.
 */
export function findingFromError(error: unknown): Finding {
  if (!(error instanceof QuantizedEndpointsError)) throw error;
  return findingOf(error.id, 'error', error);
}

/** A finding without keys that say nothing, which JSON answers must not carry. */
export function findingOf(
  rule: string,
  severity: Severity,
  { message, got, allowed, fix, path }: Omit<Finding, 'rule' | 'severity'>,
): Finding {
  return {
    rule,
    severity,
    message,
    ...(got === undefined ? {} : { got }),
    ...(allowed === undefined ? {} : { allowed }),
    ...(fix === undefined ? {} : { fix }),
    ...(path === undefined ? {} : { path }),
  };
}
