/**
 * A SageMaker runtime that plays what it is told: InvokeEndpointWithResponseStream, its answers in event streams as the service frames
 * them. What an endpoint does follows from its name and from the prompt's own words, so that one server plays every fault:
 *
 *   says-<words>     that many words, then the end         throttled     429 of its container
 *   hangs            never answers                         gone          no such endpoint
 *   cut              ends in the middle of a character     stream-error  a ModelStreamError after some words
 *   resets           the connection breaks                 container-error   500 of its container
 *
 * It plays Lambda's Invoke as well, for classifiers; `startBedrock` plays ConverseStream, over HTTP/2 as Bedrock's client asks.
 */
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { crc32 } from 'node:zlib';

const STRING = 7;

/** One message of application/vnd.amazon.eventstream: prelude, headers, payload, each with its CRC-32. */
function message(headers, payload) {
  const block = Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const head = Buffer.alloc(4 + name.length);
      head.writeUInt8(name.length, 0);
      head.write(name, 1, 'latin1');
      head.writeUInt8(STRING, 1 + name.length);
      head.writeUInt16BE(Buffer.byteLength(value), 2 + name.length);
      return Buffer.concat([head, Buffer.from(value)]);
    }),
  );
  const total = 12 + block.length + payload.length + 4;
  const whole = Buffer.alloc(total);
  whole.writeUInt32BE(total, 0);
  whole.writeUInt32BE(block.length, 4);
  whole.writeUInt32BE(crc(whole.subarray(0, 8)), 8);
  block.copy(whole, 12);
  payload.copy(whole, 12 + block.length);
  whole.writeUInt32BE(crc(whole.subarray(0, total - 4)), total - 4);
  return whole;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** Node.js has it from 20.15 and 22.2 on. */
function crc(bytes) {
  if (crc32 !== undefined) return crc32(bytes);
  let value = ~0;
  for (const byte of bytes) value = TABLE[(value ^ byte) & 0xff] ^ (value >>> 8);
  return ~value >>> 0;
}

export function payloadPart(bytes) {
  return message(
    { ':message-type': 'event', ':event-type': 'PayloadPart', ':content-type': 'application/octet-stream' },
    bytes,
  );
}

function exception(type, body) {
  return message(
    { ':message-type': 'exception', ':exception-type': type, ':content-type': 'application/json' },
    Buffer.from(JSON.stringify(body)),
  );
}

export function chunkEvent(content, finish = null) {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;
}

/** A model of Bedrock: says which it is; one whose name has `full` in it is. */
function converse(request, response) {
  const model = decodeURIComponent(/\/model\/([^/]+)\//.exec(request.url)[1]);
  if (model.includes('full'))
    return response
      .writeHead(429, { 'content-type': 'application/json', 'x-amzn-errortype': 'ThrottlingException' })
      .end('{"message":"Too many requests"}');
  const event = (type, body) =>
    message(
      { ':message-type': 'event', ':event-type': type, ':content-type': 'application/json' },
      Buffer.from(JSON.stringify(body)),
    );
  response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
  response.write(event('messageStart', { role: 'assistant' }));
  response.write(event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: `I am ${model}` } }));
  response.write(event('messageStop', { stopReason: 'end_turn' }));
  response.end(
    event('metadata', { usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 }, metrics: { latencyMs: 1 } }),
  );
}

/** A classifier: what the question says behind `choose`; one whose name has `broken` in it throws. */
function classify(request, response, { messages }) {
  if (request.url.includes('broken'))
    return response.writeHead(200, { 'x-amz-function-error': 'Unhandled' }).end('{"errorMessage":"no"}');
  const tier = /choose (\w+)/.exec(messages[messages.length - 1].content)?.[1];
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ tier }));
}

/**
 * @param {object} [options]
 * @param {number} [options.firstTokenMs] time to the first word
 * @param {number} [options.wordMs] time between words
 * @returns {Promise<{ endpoint: string, requests: { endpoint: string, fields: object }[], close: () => Promise<void> }>}
 */
export async function startRuntime({ firstTokenMs = 0, wordMs = 0 } = {}) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const endpoint = decodeURIComponent(/\/endpoints\/([^/]+)\//.exec(request.url)?.[1] ?? '');
    const fields = JSON.parse(Buffer.concat(parts).toString('utf8') || '{}');
    requests.push({ endpoint, fields });
    if (request.url.includes('/functions/')) return classify(request, response, fields);
    const refuse = (status, type, body) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type })
        .end(JSON.stringify(body));
    if (endpoint.includes('throttled'))
      return refuse(424, 'ModelError', { Message: 'full', OriginalStatusCode: 429, OriginalMessage: 'full' });
    if (endpoint.includes('container-error'))
      return refuse(424, 'ModelError', { Message: 'broken', OriginalStatusCode: 500, OriginalMessage: 'broken' });
    if (endpoint.includes('gone'))
      return refuse(400, 'ValidationError', { Message: `Endpoint ${endpoint} not found.` });
    if (endpoint.includes('hangs')) return;
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    response.flushHeaders();
    if (firstTokenMs > 0) await sleep(firstTokenMs);
    const send = (text) => response.write(payloadPart(Buffer.from(text)));
    if (endpoint.includes('cut')) {
      // Inside the two bytes of the last ö.
      const bytes = Buffer.from(`${chunkEvent('Schöne ')}${chunkEvent('Grö')}`);
      response.end(payloadPart(bytes.subarray(0, bytes.lastIndexOf(0xc3) + 1)));
      return;
    }
    if (endpoint.includes('stream-error')) {
      send(chunkEvent('Some '));
      response.end(exception('ModelStreamError', { Message: 'it broke', ErrorCode: 'StreamBroken' }));
      return;
    }
    if (endpoint.includes('resets')) {
      send(chunkEvent('Some '));
      await sleep(20);
      response.destroy();
      return;
    }
    const words = Number(/says-(\d+)/.exec(endpoint)?.[1] ?? 3);
    const name = /number \d+/.exec(JSON.stringify(fields.messages))?.[0] ?? endpoint;
    for (let word = 0; word < words; word++) {
      send(chunkEvent(`${name.replace(' ', '-')}-${word} `));
      if (wordMs > 0) await sleep(wordMs);
    }
    send(chunkEvent('', 'stop'));
    send(
      `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 5, completion_tokens: words, total_tokens: 5 + words } })}\n\n`,
    );
    response.end(payloadPart(Buffer.from('data: [DONE]\n\n')));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${server.address().port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
}

/** @returns {Promise<{ endpoint: string, close: () => Promise<void> }>} */
export async function startBedrock() {
  const sessions = new Set();
  const server = createHttp2Server((request, response) => {
    request.resume();
    request.on('end', () => converse(request, response));
  });
  server.on('session', (session) => sessions.add(session));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${server.address().port}`,
    close: () =>
      new Promise((resolve) => {
        for (const session of sessions) session.destroy();
        server.close(resolve);
      }),
  };
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
