import { createServer } from 'node:http';
import { chatCompletion } from './chat-completions.mjs';
import { generateFromInputs } from './inputs.mjs';
import { RequestError } from './request-error.mjs';
import { parseBody } from './request-fields.mjs';

/**
 * What SageMaker asks of a container: `GET /ping` and `POST /invocations`, on one port.
 *
 * @param {{ engine?: import('./engine.mjs').Engine, toPrompt?: (messages: object[]) => string, takesInputs: boolean }} state
 *   without an engine the model is still loading. `takesInputs`: whether the image reads `{"inputs": …}`; AWS's llama.cpp image
 *   passes every invocation to /v1/chat/completions.
 * @param {(line: string) => void} log
 */
export function containerServer(state, log) {
  return createServer((request, response) => {
    const route = `${request.method} ${request.url}`;
    if (route === 'GET /ping')
      return state.engine ? json(response, 200, { status: 'ok' }) : json(response, 503, loading());
    if (route !== 'POST /invocations')
      return json(response, 404, new RequestError(404, 'not_found_error', 'File Not Found').body());
    invoke(state, request, response).catch((error) => fail(response, error, log));
  });
}

async function invoke(state, request, response) {
  if (state.engine === undefined) return json(response, 503, loading());
  const left = new AbortController();
  response.on('close', () => left.abort());
  const fields = parseBody(await bodyOf(request));
  const answer =
    state.takesInputs && fields.messages === undefined
      ? generateFromInputs(state.engine, fields)
      : chatCompletion(state.engine, state.toPrompt, fields);
  if (answer.body !== undefined) {
    const body = await answer.body(left.signal);
    response.writeHead(200, { 'content-type': answer.contentType }).end(body);
    return;
  }
  response.writeHead(200, { 'content-type': answer.contentType });
  for await (const chunk of answer.chunks(left.signal)) response.write(chunk);
  response.end();
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function fail(response, error, log) {
  if (response.destroyed || error.name === 'AbortError') return;
  const known = error instanceof RequestError ? error : new RequestError(500, 'server_error', error.message);
  log(`${known.status} ${known.message}`);
  // Once a stream has begun, the status is gone: a broken connection is all that is left to say.
  if (response.headersSent) response.destroy(error);
  else json(response, known.status, known.body());
}

const loading = () => new RequestError(503, 'unavailable_error', 'Loading model').body();

function json(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
