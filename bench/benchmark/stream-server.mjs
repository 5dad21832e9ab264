// An endpoint that streams as SageMaker does, in a process of its own: event-stream frames, one token each, at a steady pace.
import { createServer } from 'node:http';
import { crc32 } from 'node:zlib';

const TOKEN_MS = 50;
const TOKENS = 100;

const header = (name, value) => {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([7]), length, Buffer.from(value)]);
};
const HEADERS = Buffer.concat([
  header(':event-type', 'PayloadPart'),
  header(':content-type', 'application/octet-stream'),
  header(':message-type', 'event'),
]);

function frame(text) {
  const payload = Buffer.from(text);
  const whole = Buffer.alloc(16 + HEADERS.length + payload.length);
  whole.writeUInt32BE(whole.length, 0);
  whole.writeUInt32BE(HEADERS.length, 4);
  whole.writeUInt32BE(crc32(whole.subarray(0, 8)), 8);
  HEADERS.copy(whole, 12);
  payload.copy(whole, 12 + HEADERS.length);
  whole.writeUInt32BE(crc32(whole.subarray(0, -4)), whole.length - 4);
  return whole;
}

const chunk = (delta) =>
  frame(
    `data: ${JSON.stringify({ id: 'chatcmpl-0123456789abcdef', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`,
  );
const token = chunk({ content: ' token' });
const end = frame(
  `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 10, completion_tokens: TOKENS, total_tokens: TOKENS + 10 } })}\n\ndata: [DONE]\n\n`,
);

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    let sent = 0;
    const timer = setInterval(() => {
      if (sent++ < TOKENS) return response.write(token);
      clearInterval(timer);
      response.end(end);
    }, TOKEN_MS);
    response.on('close', () => clearInterval(timer));
  });
});
// Nobody is left to stream to.
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
