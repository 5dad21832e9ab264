import { failureOf, TierFailure } from '../router/failure';

/** What an error of SageMaker's runtime says, as its SDK hands it over. */
export interface RuntimeError {
  readonly name?: string;
  readonly message?: string;
  readonly OriginalStatusCode?: number;
  readonly OriginalMessage?: string;
  readonly ErrorCode?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/**
 * The failure that an error of the runtime means. A tier that is full says so as throttling of the account, as 429 or
 * 503 of its container, or as no capacity of its inference component.
 *
 * Source: SageMaker runtime API, InvokeEndpointWithResponseStream, errors.
 */
export function runtimeFailure(error: RuntimeError): TierFailure {
  const message = error.OriginalMessage ?? error.message ?? '';
  switch (error.name) {
    case 'ThrottlingException':
    case 'ServiceUnavailable':
    case 'ModelNotReadyException':
      return new TierFailure('throttled', message);
    case 'ModelError':
      // 0: the container did not answer within the service's own time.
      return error.OriginalStatusCode === 0
        ? new TierFailure('timeout', message)
        : failureOf(error.OriginalStatusCode ?? 500, message);
    case 'ModelStreamError':
      return new TierFailure(error.ErrorCode === 'ModelInvocationTimeExceeded' ? 'timeout' : 'cut', message);
    case 'InternalStreamFailure':
      return new TierFailure('cut', message);
    case 'TimeoutError':
      return new TierFailure('timeout', message);
    case 'AccessDeniedException':
      return new TierFailure('gone', message);
    case 'ValidationError':
    case 'ValidationException':
      if (/no capacity/i.test(message)) return new TierFailure('throttled', message);
      return /not found|could not find/i.test(message)
        ? new TierFailure('gone', message)
        : new TierFailure('rejected', message);
    default:
      return error.$metadata?.httpStatusCode === undefined
        ? new TierFailure('error', message)
        : failureOf(error.$metadata.httpStatusCode, message);
  }
}
