import { QuantizedEndpointsError } from '../../errors';

/** OpenAI's kinds of errors, as its clients know them. */
export type RefusalType =
  | 'invalid_request_error'
  | 'not_found_error'
  | 'rate_limit_error'
  | 'server_error'
  | 'service_unavailable_error'
  | 'timeout_error';

/** What a {@link RequestRefused} says beside its message. */
export interface RefusalDetails {
  /** HTTP status. */
  readonly status: number;
  readonly type: RefusalType;
  /** The field at fault, as a path: `messages[2].content`. */
  readonly param?: string;
  readonly got?: string;
  readonly allowed?: string;
  readonly fix?: string;
  /** Seconds after which another try has a chance. */
  readonly retryAfterSeconds?: number;
}

/** The body of an error, in OpenAI's form. Source: OpenAI API reference, "Error codes". */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: RefusalType;
    readonly param: string | null;
    readonly code: string;
  };
}

/** A request that gets no answer. Its `id` is the `code` of the error's body, in lower case as OpenAI's codes are. */
export class RequestRefused extends QuantizedEndpointsError {
  readonly status: number;
  readonly type: RefusalType;
  readonly param: string | null;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: string, message: string, details: RefusalDetails) {
    super(code, message, details);
    this.status = details.status;
    this.type = details.type;
    this.param = details.param ?? null;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  body(): ErrorBody {
    const said = [
      this.message,
      this.got === undefined ? '' : `got ${this.got}`,
      this.allowed === undefined ? '' : `allowed: ${this.allowed}`,
      this.fix ?? '',
    ].filter((part) => part !== '');
    return { error: { message: said.join('; '), type: this.type, param: this.param, code: this.id } };
  }
}

/** A field of the request that is not as it must be: status 400. */
export function badField(param: string, got: string, allowed: string, code = 'invalid_value'): RequestRefused {
  return new RequestRefused(code, `${param} cannot be used as it is`, {
    status: 400,
    type: 'invalid_request_error',
    param,
    got,
    allowed,
  });
}

/** A request larger than the router takes: status 413. It never reaches a model. */
export function tooLarge(param: string, got: string, allowed: string): RequestRefused {
  return new RequestRefused('request_too_large', `${param} is larger than this router takes`, {
    status: 413,
    type: 'invalid_request_error',
    param,
    got,
    allowed,
  });
}
