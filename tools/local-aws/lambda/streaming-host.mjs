/**
 * One execution environment of a function that streams its response: loads the function as Lambda's Node.js runtime does, with the
 * `awslambda` that the runtime gives it, and runs one invocation at a time, asked for by HTTP on a port of its own.
 *
 * The first line of stdin says where the function lies: `{"directory": …, "handler": "index.handler"}`. The first line of stdout is
 * `{"port": N}`, or `{"error": …}` where the function does not load; all further lines are the function's own. Ends with its stdin.
 */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';

const STREAMS = Symbol('streams');
const HEAD = Symbol('head');

globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { [STREAMS]: true }),
  HttpResponseStream: {
    from(stream, head) {
      stream[HEAD](head);
      return stream;
    },
  },
};

createInterface({ input: process.stdin }).once('line', (line) => start(JSON.parse(line)));
process.stdin.on('close', () => process.exit(0));

function start({ directory, handler }) {
  let run;
  try {
    const [file, name] = handler.split('.');
    run = createRequire(path.join(directory, 'noop.js'))(path.join(directory, file))[name];
    if (run?.[STREAMS] !== true) throw new Error(`${handler} is not made by awslambda.streamifyResponse`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: String(error.stack ?? error) })}\n`);
    process.exit(1);
  }
  const server = createServer((request, response) => invoke(run, request, response));
  server.listen(0, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`));
}

async function invoke(run, request, response) {
  const parts = [];
  for await (const part of request) parts.push(part);
  const { event, context, trace } = JSON.parse(Buffer.concat(parts).toString('utf8'));
  process.env._X_AMZN_TRACE_ID = trace;
  const deadline = Date.now() + context.timeoutMs;
  const stream = new PassThrough();
  let begun = false;
  const begin = ({ statusCode = 200, headers = {} } = {}) => {
    if (begun) return;
    begun = true;
    response.writeHead(statusCode, { 'content-type': 'application/octet-stream', ...headers });
    // A body may be long in coming: the head is of use before.
    response.flushHeaders();
  };
  stream[HEAD] = begin;
  stream.on('data', (data) => {
    begin();
    if (!response.write(data)) {
      stream.pause();
      response.once('drain', () => stream.resume());
    }
  });
  stream.on('end', () => {
    begin();
    response.end();
  });
  try {
    await run(event, stream, {
      ...context,
      getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    });
    stream.end();
  } catch (error) {
    process.stderr.write(
      `${JSON.stringify({ errorType: error.name, errorMessage: error.message, trace: error.stack })}\n`,
    );
    // After the first byte there is no status left to say it with; Lambda breaks the connection off then.
    if (begun) response.destroy();
    else response.writeHead(502, { 'content-type': 'application/json' }).end('{"message":"Internal Server Error"}');
  }
}
