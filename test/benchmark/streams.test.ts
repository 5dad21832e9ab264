import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { FrameReader, TokenStreamRecorder, type StreamFrame } from '../../lib/benchmark';

/** A frame as SageMaker sends it. */
function frame(headers: Readonly<Record<string, string>>, payload: Uint8Array | string): Buffer {
  const body = Buffer.from(payload as string);
  const written = Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(Buffer.byteLength(value));
      return Buffer.concat([
        Buffer.from([Buffer.byteLength(name)]),
        Buffer.from(name),
        Buffer.from([7]),
        length,
        Buffer.from(value),
      ]);
    }),
  );
  const whole = Buffer.alloc(16 + written.length + body.length);
  whole.writeUInt32BE(whole.length, 0);
  whole.writeUInt32BE(written.length, 4);
  const crc = (crc32 as ((data: Buffer) => number) | undefined) ?? (() => 0);
  whole.writeUInt32BE(crc(whole.subarray(0, 8)), 8);
  written.copy(whole, 12);
  body.copy(whole, 12 + written.length);
  whole.writeUInt32BE(crc(whole.subarray(0, -4)), whole.length - 4);
  return whole;
}

const part = (payload: Uint8Array | string) =>
  frame(
    { ':event-type': 'PayloadPart', ':content-type': 'application/octet-stream', ':message-type': 'event' },
    payload,
  );

function readAll(pieces: readonly Uint8Array[]): StreamFrame[] {
  const frames: StreamFrame[] = [];
  const reader = new FrameReader();
  for (const piece of pieces) reader.push(piece, (read) => frames.push(read));
  return frames;
}

describe('frames of an event stream', () => {
  test('come whole, however the connection cuts them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 40 }),
        (payloads, cuts) => {
          const bytes = Buffer.concat(payloads.map(part));
          const pieces: Buffer[] = [];
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const length = cuts[i % cuts.length];
            pieces.push(bytes.subarray(at, at + length));
            at += length;
          }
          const frames = readAll(pieces).map((read) => Buffer.from(read.failure === undefined ? read.bytes : []));
          expect(frames).toEqual(payloads.map((payload) => Buffer.from(payload)));
        },
      ),
      { seed: 2, numRuns: 100 },
    );
  });

  test('an exception is a failure under its name', () => {
    const exception = frame(
      { ':exception-type': 'ModelStreamError', ':message-type': 'exception' },
      '{"Message":"the container ended"}',
    );
    expect(readAll([part('a'), exception])).toEqual([
      { bytes: expect.anything() },
      { failure: 'ModelStreamError', message: expect.stringContaining('the container ended') },
    ]);
  });

  test.each([0, 3, 15, 0xffffffff])('a frame of %d bytes is malformed, and takes no memory', (length) => {
    const bytes = Buffer.alloc(64);
    bytes.writeUInt32BE(length);
    expect(readAll([bytes])).toEqual([expect.objectContaining({ failure: 'MalformedStream' })]);
  });

  test('any bytes at all raise no error of ours', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (pieces) => {
        expect(() => readAll(pieces)).not.toThrow();
      }),
      { seed: 4 },
    );
  });

  test('bytes of an unfinished frame are known', () => {
    const reader = new FrameReader();
    reader.push(part('whole').subarray(0, 20), () => undefined);
    expect(reader.pending).toBe(20);
  });
});

describe('a streamed chat completion', () => {
  const chunk = (delta: object, more = {}) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null }], ...more })}\n\n`;
  const usage = 'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":5}}\n\n';
  const DONE = 'data: [DONE]\n\n';

  const read = (pieces: readonly (string | Uint8Array)[], wantsText = true) => {
    const recorder = new TokenStreamRecorder();
    pieces.forEach((piece, i) => recorder.add(Buffer.from(piece as string), 100 * (i + 1)));
    return recorder.read(wantsText);
  };

  test('has the times of its first and last token and the tokens that the server counted', () => {
    const stream = read([
      chunk({ role: 'assistant', content: null }),
      chunk({ content: 'It ' }),
      chunk({ content: 'was ' }),
      chunk({ content: 'so' }) + chunk({}),
      usage,
      DONE,
    ]);
    expect(stream).toEqual({
      firstTokenMs: 200,
      lastTokenMs: 400,
      longestGapMs: 100,
      promptTokens: 9,
      outputTokens: 5,
      countedBy: 'server',
      text: 'It was so',
      ended: true,
    });
  });

  test('without usage, its events are counted and the result says so', () => {
    expect(read([chunk({ content: 'a' }), chunk({ content: 'b' }), DONE])).toMatchObject({
      outputTokens: 2,
      countedBy: 'events',
      ended: true,
    });
  });

  test('the first token of a model that reasons is that of its reasoning', () => {
    const stream = read([chunk({ reasoning_content: 'hm' }), chunk({ content: 'yes' }), DONE]);
    expect(stream).toMatchObject({ firstTokenMs: 100, lastTokenMs: 200, text: 'hmyes' });
  });

  test('is the same however it is cut, also within a character', () => {
    const whole = Buffer.from(chunk({ content: 'Ärger ☕' }) + chunk({ content: ' über' }) + usage + DONE);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }), (cuts) => {
        const pieces: Uint8Array[] = [];
        for (let at = 0, i = 0; at < whole.length; i++) {
          pieces.push(whole.subarray(at, at + cuts[i % cuts.length]));
          at += cuts[i % cuts.length];
        }
        expect(read(pieces)).toMatchObject({ text: 'Ärger ☕ über', outputTokens: 5, promptTokens: 9, ended: true });
      }),
      { seed: 6, numRuns: 100 },
    );
  });

  test('lines may end as on Windows, and comments are none of the answer', () => {
    const text = (chunk({ content: 'a' }) + ': ping\n\n' + DONE).replaceAll('\n', '\r\n');
    expect(read([text])).toMatchObject({ text: 'a', outputTokens: 1, ended: true });
  });

  test('a stream that breaks off has not ended; an error in it is one', () => {
    expect(read([chunk({ content: 'a' }), 'data: {"choi'])).toMatchObject({ ended: false, error: 'MalformedStream' });
    expect(read([chunk({ content: 'a' }), 'data: {"error":{"message":"out of memory"}}\n\n'])).toMatchObject({
      ended: false,
      error: 'StreamError',
    });
    expect(read([])).toEqual({ countedBy: 'events', text: '', ended: false });
  });

  test('without text it tells the same figures', () => {
    const pieces = [chunk({ content: 'a' }), chunk({ content: 'b' }), chunk({ content: 'c' }), usage, DONE];
    expect(read(pieces, false)).toEqual({ ...read(pieces), text: '' });
  });
});
