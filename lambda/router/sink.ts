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
      return drained(response);
    },
    end: () => {
      response.end();
    },
  };
}

/** Resolves when more may be written; rejects where the stream closes before, because its client has left. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    const onDrain = () => {
      stream.off('close', onClose);
      resolve();
    };
    const onClose = () => {
      stream.off('drain', onDrain);
      reject(new Error('the response was closed'));
    };
    stream.once('drain', onDrain);
    stream.once('close', onClose);
  });
}
