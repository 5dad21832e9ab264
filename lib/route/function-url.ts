import { fromBase64 } from './base64';
import type { HttpRequest } from './router/ports';

/** What a function URL hands to its function: payload format 2.0. Source: Lambda developer guide, "Invoking function URLs". */
export interface FunctionUrlEvent {
  readonly rawPath?: string;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly requestContext?: {
    readonly requestId?: string;
    readonly http?: { readonly method?: string };
    readonly authorizer?: { readonly iam?: { readonly userArn?: string } };
  };
}

/** The request of an event, its body as the bytes that were sent. */
export function toHttpRequest({ rawPath, body, isBase64Encoded, requestContext }: FunctionUrlEvent): HttpRequest {
  return {
    method: requestContext?.http?.method ?? 'GET',
    path: rawPath ?? '/',
    body: isBase64Encoded === true ? fromBase64(body ?? '') : new TextEncoder().encode(body ?? ''),
  };
}
