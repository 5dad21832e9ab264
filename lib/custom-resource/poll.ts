import type { Turn } from './types';

const FIRST_WAIT_MS = 1_000;
/** Longest pause between two questions, milliseconds. */
export const LONGEST_WAIT_MS = 30_000;
const GROWTH = 1.6;

/**
 * Asks until there is an answer, at first every second, in the end every half minute. A service that is busy or out of
 * order for a moment is asked again.
 *
 * @param ask answers undefined as long as there is nothing to say
 * @returns undefined when the turn is over
 */
export async function poll<T>({ clock, deadline }: Turn, ask: () => Promise<T | undefined>): Promise<T | undefined> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(LONGEST_WAIT_MS, wait * GROWTH)) {
    const answer = await askOnce(ask);
    if (answer !== undefined) return answer;
    if (clock.now() + wait > deadline) return undefined;
    await clock.sleep(wait);
  }
}

async function askOnce<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isPassing(error)) return undefined;
    throw error;
  }
}

/** Names that AWS services give to "later, please". Source: botocore data/_retry.json; smithy `TRANSIENT_ERROR_CODES`. */
const PASSING: ReadonlySet<string> = new Set([
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'InternalFailure',
  'InternalServerError',
  'InternalServerException',
  'RequestTimeout',
  'RequestTimeoutException',
  'TimeoutError',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Will the same request be answered if it is made again? */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, code, $metadata } = error as Error & { code?: string; $metadata?: { httpStatusCode?: number } };
  return PASSING.has(name) || PASSING.has(code ?? '') || ($metadata?.httpStatusCode ?? 0) >= 500;
}

/** Is it an error of this name? */
export function isNamed(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}
