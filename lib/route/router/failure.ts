/**
 * What kept a tier from answering. `throttled`: it is full; `gone`: there is no such endpoint, or nothing serves it;
 * `cut`: the answer ended before its end; `too-long`: the request exceeds the model's context; `rejected`: the request
 * itself is wrong, for any tier.
 */
export type FailureKind = 'throttled' | 'timeout' | 'gone' | 'error' | 'cut' | 'too-long' | 'rejected';

/** A tier that did not answer, or not to the end. */
export class TierFailure extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }
}

/** What a model's server says of a request that exceeds its context, in the words of vLLM, llama.cpp, TGI and Bedrock. */
const TOO_LONG =
  /context (?:length|size|window)|maximum context|exceed_context|too many (?:input )?tokens|input is too long|must be <= /i;

/** The failure that a model's own HTTP status and message mean. */
export function failureOf(status: number, message: string, retryAfterSeconds?: number): TierFailure {
  if (status === 429 || status === 503) return new TierFailure('throttled', message, retryAfterSeconds);
  if (status === 408 || status === 504) return new TierFailure('timeout', message);
  if (status === 404 || status === 410) return new TierFailure('gone', message);
  if (status >= 400 && status < 500)
    return new TierFailure(TOO_LONG.test(message) || status === 413 ? 'too-long' : 'rejected', message);
  return new TierFailure('error', message);
}
