import { readStream, readWhole } from '../../lib/smoke-test';
import { bytes, events, fakeClock, partsOf, wholeAnswer } from './fakes';

const idOf = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
  } catch (error) {
    return (error as { id: string }).id;
  }
  return undefined;
};

describe('a whole answer', () => {
  test('of a chat', () => {
    expect(readWhole(wholeAnswer('Paris', 'length'))).toMatchObject({ text: 'Paris', finish: 'length' });
  });

  test('of a completion, with the server’s count', () => {
    const answer = { choices: [{ text: ' is Paris', finish_reason: 'stop' }], usage: { completion_tokens: 3 } };
    expect(readWhole(bytes(JSON.stringify(answer)))).toEqual({
      text: ' is Paris',
      finish: 'stop',
      completionTokens: 3,
    });
  });

  test('holds the thoughts of a model that thinks first', () => {
    const message = { reasoning_content: 'France… ', content: 'Paris' };
    expect(readWhole(bytes(JSON.stringify({ choices: [{ message, finish_reason: 'stop' }] }))).text).toBe(
      'France… Paris',
    );
  });

  test.each<[string, Uint8Array, string]>([
    ['that is no JSON', bytes('<html>502</html>'), 'NOT_JSON'],
    ['that is no UTF-8', new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]), 'NOT_UTF8'],
    ['that is an error', bytes('{"error":{"message":"out of memory"}}'), 'SERVER_ERROR'],
    ['without text', bytes('{"choices":[]}'), 'NOT_A_COMPLETION'],
  ])('%s is refused', async (_, answer, id) => {
    expect(await idOf(() => readWhole(answer))).toBe(id);
  });
});

describe('a streamed answer', () => {
  test('is put together, however the network cut it', async () => {
    const all = bytes(events(['Größe', ' 😀', ' Ende'], 'length'));
    for (const size of [1, 2, 3, 7, all.length]) {
      const parts = Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
      const answer = await readStream(partsOf(...parts), () => 0, 0);
      expect(answer).toMatchObject({ text: 'Größe 😀 Ende', finish: 'length', parts: 3 });
    }
  });

  test('is timed from the request to its first and to its last text', async () => {
    const clock = fakeClock();
    clock.pass(100);
    const text = events(['a', 'b', 'c']).split(/(?<=\n\n)/);
    async function* slowly() {
      for (const event of text) {
        clock.pass(10);
        yield bytes(event);
      }
    }
    const answer = await readStream(slowly(), clock.now, 50);
    expect(answer).toMatchObject({ firstTokenMs: 70, restMs: 20, parts: 3 });
  });

  test('that breaks inside a character is refused', async () => {
    const cut = bytes(events(['Größe'])).slice(0, -1);
    const at = cut.indexOf(0xc3);
    expect(await idOf(() => readStream(partsOf(cut.slice(0, at + 1)), () => 0, 0))).toBe('STREAM_BROKEN');
  });

  test('that never ends is given up', async () => {
    const clock = fakeClock();
    async function* forever() {
      for (;;) {
        clock.pass(1_000);
        yield bytes(events(['a']));
      }
    }
    expect(await idOf(() => readStream(forever(), clock.now, 0, 5_000))).toBe('TIMED_OUT');
  });
});
