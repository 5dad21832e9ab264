import type { Writable } from 'node:stream';
import type { FunctionUrlEvent } from '../../lib/route';

/** What of Lambda's context is used. */
export interface InvocationContext {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

type StreamHandler = (event: FunctionUrlEvent, stream: Writable, context: InvocationContext) => Promise<void>;

/** What Lambda's Node.js runtime offers to functions that stream. Source: Lambda developer guide, "Response streaming". */
declare global {
  const awslambda: {
    streamifyResponse(handler: StreamHandler): StreamHandler;
    readonly HttpResponseStream: {
      from(stream: Writable, head: { statusCode: number; headers: Readonly<Record<string, string>> }): Writable;
    };
  };
}
