import * as fc from 'fast-check';
import { readChunks, TierFailure, type Chunk } from '../../lib/route';
import { textOf } from '../../lib/route/openai/chunk';
import { EventReader } from '../../lib/route/stream/events';

const SEED = 20_261_125;

async function* partsOf(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

async function read(parts: readonly Uint8Array[]): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of readChunks(partsOf(parts))) chunks.push(chunk);
  return chunks;
}

function event(content: string, finish: string | null = null): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;
}

/** Bytes cut at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Uint8Array[] {
  const borders = [0, ...[...places].sort((a, b) => a - b), bytes.length];
  return borders.slice(1).map((end, i) => bytes.subarray(borders[i], end));
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => (error instanceof TierFailure ? error.kind : error),
  );

describe('a stream of events', () => {
  test('is the same text wherever the network cuts it, inside of characters as well', async () => {
    const words = ['Schöne ', '日本 ', '🚀 ', 'fin'];
    const bytes = Buffer.from(words.map((word) => event(word)).join('') + event('', 'stop') + 'data: [DONE]\n\n');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 40 }), async (places) => {
        const chunks = await read(cut(bytes, places));
        expect(chunks.map(textOf)).toEqual([...words, '']);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  test('that ends anywhere before its end is cut, never whole', async () => {
    const bytes = Buffer.from(event('Schöne ') + event('🚀') + event('', 'stop'));
    const lastEvent = bytes.length - Buffer.byteLength(event('', 'stop'));
    // Without the empty line behind it, the last event is whole as well.
    for (let end = 0; end < bytes.length - 3; end++)
      expect([end, await failure(read([bytes.subarray(0, end)]))]).toEqual([end, 'cut']);
    expect(lastEvent).toBeLessThan(bytes.length);
    expect(await failure(read([bytes]))).toBeUndefined();
  });

  test('that breaks in the middle of a character passes nothing of that character on', async () => {
    const bytes = Buffer.from(event('ganz ') + event('schön'));
    const broken = bytes.subarray(0, bytes.lastIndexOf(0xc3) + 1);
    const texts: string[] = [];
    await expect(
      (async () => {
        for await (const chunk of readChunks(partsOf([broken]))) texts.push(textOf(chunk));
      })(),
    ).rejects.toMatchObject({ kind: 'cut' });
    expect(texts).toEqual(['ganz ']);
  });

  test('may be JSON lines, or one whole answer', async () => {
    const line = (content: string, finish: string | null) =>
      `${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n`;
    expect((await read([Buffer.from(line('a', null) + line('b', 'stop'))])).map(textOf)).toEqual(['a', 'b']);
    const whole = { choices: [{ message: { role: 'assistant', content: 'all' }, finish_reason: 'stop' }] };
    expect((await read([Buffer.from(JSON.stringify(whole))])).map(textOf)).toEqual(['all']);
  });

  test('may hold comments, names and line ends of all kinds', () => {
    const reader = new EventReader();
    const events = reader.push(Buffer.from(': ping\r\nevent: message\r\nid: 1\r\ndata: {"a":\r\ndata: 1}\r\n\r\n'));
    expect(events).toEqual([{ value: { a: 1 } }]);
  });

  test.each([
    ['{"error":{"message":"overloaded","code":429}}', 'throttled'],
    ['{"error":{"message":"This model\'s maximum context length is 4096 tokens","code":400}}', 'too-long'],
    ['{"error":{"message":"bad request","code":400}}', 'rejected'],
    ['{"error":"CUDA out of memory","code":424}', 'rejected'],
    ['{"error":{"message":"engine died"}}', 'error'],
  ])('that says %s fails as %s', async (data, kind) => {
    expect(await failure(read([Buffer.from(`${event('a')}data: ${data}\n\n`)]))).toBe(kind);
  });

  test('of nonsense is cut', async () => {
    for (const nonsense of ['data: {"choices":\n\n', 'hello\n', '<html>'])
      expect(await failure(read([Buffer.from(nonsense)]))).toBe('cut');
  });

  test('of any bytes ends with chunks or a failure, never with another error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), async (parts) => {
        const kind = await failure(read(parts));
        expect(['cut', 'error', 'rejected', 'throttled', undefined]).toContain(kind);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});
