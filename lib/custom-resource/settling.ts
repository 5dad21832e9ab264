import { isNamed } from './poll';
import type { Turn } from './types';

/** A role or policy that was just made is known everywhere after seconds; this is what to allow for. */
const SETTLING_MS = 90_000;

/**
 * May the refusal be one of a role or policy that was made a moment ago, with the same stack?
 * Source: IAM user guide, "Changes that I make are not always immediately visible".
 */
export function isSettling(error: unknown, { clock, startedAt }: Turn): boolean {
  if (clock.now() > startedAt + SETTLING_MS) return false;
  if (isNamed(error, 'AccessDeniedException')) return true;
  return error instanceof Error && /assume ?role|not authorized/i.test(error.message);
}
