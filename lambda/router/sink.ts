import type { Writable } from 'node:stream';
import type { ResponseSink } from '../../lib/route';
import './runtime';

/** The response stream of a function URL, which holds the sender back when the client does not keep up. */
export function responseSink(stream: Writable): ResponseSink {
  let response = stream;
  return {
    begin: (statusCode, headers) => {
      response = awslambda.HttpResponseStream.from(stream, { statusCode, headers });
    },
    write: (text) => {
      if (response.write(text)) return;
      return new Promise((resolve) => response.once('drain', resolve));
    },
    end: () => {
      response.end();
    },
  };
}
