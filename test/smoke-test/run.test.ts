import { runSmokeTest } from '../../lib/smoke-test';
import type { EndpointPort, SmokeTestSettings } from '../../lib/smoke-test';
import { bytes, events, fakeClock, partsOf, saying, SETTINGS, wholeAnswer } from './fakes';

const SENTENCE = 'The capital of France is Paris.';

function run(endpoint: EndpointPort, settings: Partial<SmokeTestSettings> = {}, clock = fakeClock()) {
  return runSmokeTest({ ...SETTINGS, ...settings }, endpoint, clock, 600_000);
}
const idsOf = async (...args: Parameters<typeof run>) => (await run(...args)).faults.map(({ id }) => id);

describe('requests', () => {
  test('are greedy, whole first and then streamed, in the form of the format', async () => {
    const bodies: object[] = [];
    const note = (body: string) => bodies.push(JSON.parse(body) as object);
    const sound = saying(SENTENCE);
    const noting: EndpointPort = {
      invoke: (body) => (note(body), sound.invoke(body)),
      stream: (body) => (note(body), sound.stream(body)),
    };
    await run(noting);
    await run(noting, { format: 'completions', streaming: false });
    const messages = [{ role: 'user', content: 'Name the capital of France.' }];
    expect(bodies).toEqual([
      { messages, max_tokens: 32, temperature: 0, stream: false },
      { messages, max_tokens: 32, temperature: 0, stream: true },
      { prompt: 'Name the capital of France.', max_tokens: 32, temperature: 0, stream: false },
    ]);
  });

  test('are made again while the endpoint is busy', async () => {
    const sound = saying(SENTENCE);
    let refused = 0;
    const busy: EndpointPort = {
      ...sound,
      invoke: async (body) => {
        if (refused++ < 2) throw Object.assign(new Error('later'), { name: 'ModelError', OriginalStatusCode: 503 });
        return sound.invoke(body);
      },
    };
    expect(await idsOf(busy)).toEqual([]);
    expect(refused).toBe(3);
  });

  test('are not made again where the model refuses them', async () => {
    let asked = 0;
    const refusing: EndpointPort = {
      ...saying(SENTENCE),
      invoke: async () => {
        asked++;
        throw Object.assign(new Error('bad'), {
          name: 'ModelError',
          OriginalStatusCode: 400,
          OriginalMessage: 'no template',
        });
      },
    };
    const { faults } = await run(refusing);
    expect(faults).toEqual([{ id: 'REFUSED', message: expect.stringContaining('no template') }]);
    expect(asked).toBe(1);
  });

  test('end with the time that there is', async () => {
    const never: EndpointPort = {
      ...saying(SENTENCE),
      invoke: async () => {
        throw Object.assign(new Error('wait'), { name: 'ThrottlingException' });
      },
    };
    const clock = fakeClock();
    const { faults } = await runSmokeTest({ ...SETTINGS, streaming: false }, never, clock, 10_000);
    expect(faults.map(({ id }) => id)).toEqual(['REFUSED']);
    expect(clock.now()).toBeLessThanOrEqual(10_000);
  });
});

describe('faults', () => {
  test('are none for a sound endpoint', async () => {
    expect(await idsOf(saying(SENTENCE))).toEqual([]);
  });

  test('are told with the prompt and the way it was asked', async () => {
    const { faults } = await run(saying(''), { prompts: [{ text: 'a' }, { text: 'b' }] });
    expect(faults.map(({ message }) => message)).toEqual([
      'prompt 1, whole: the answer is empty',
      'prompt 1, streamed: the answer is empty',
      'prompt 2, whole: the answer is empty',
      'prompt 2, streamed: the answer is empty',
    ]);
  });

  test('are told of a stream that breaks though whole answers are sound', async () => {
    const cut: EndpointPort = {
      invoke: async () => wholeAnswer(SENTENCE),
      stream: async () => partsOf(bytes(events([SENTENCE])), new Uint8Array([0xc3])),
    };
    expect(await idsOf(cut)).toEqual(['STREAM_BROKEN']);
  });

  test('are told of a stream that ends without its end', async () => {
    const cut: EndpointPort = {
      invoke: async () => wholeAnswer(SENTENCE),
      stream: async () => partsOf(bytes(events([SENTENCE], null))),
    };
    expect(await idsOf(cut)).toEqual(['NO_FINISH_REASON']);
  });
});

describe('speed', () => {
  /** Takes so long to the first token and then for each of the others, of 11 in all. */
  function taking(clock: ReturnType<typeof fakeClock>, first: number, between: number, extra = ''): EndpointPort {
    const parts = events(
      Array.from({ length: 11 }, (_, i) => `word${i} `),
      'length',
    ).split(/(?<=\n\n)/);
    async function* stream() {
      let texts = 0;
      for (const part of parts) {
        if (part.includes('word')) clock.pass(texts++ === 0 ? first : between);
        yield bytes(part + (part.includes('[DONE]') ? extra : ''));
      }
    }
    return { invoke: async () => wholeAnswer(SENTENCE), stream: async () => stream() };
  }

  test('is the median over the prompts', async () => {
    const clock = fakeClock();
    const result = await run(taking(clock, 300, 20), { maxTokens: 11, prompts: [{ text: 'a' }, { text: 'b' }] }, clock);
    expect(result).toEqual({ faults: [], firstTokenMs: 300, interTokenMs: 20 });
  });

  test('counts tokens, not parts, of an answer that was cut at its limit', async () => {
    const clock = fakeClock();
    // 11 parts hold 21 tokens: two tokens a part, as a server with speculative decoding sends them.
    const result = await run(taking(clock, 300, 20), { maxTokens: 21 }, clock);
    expect(result.interTokenMs).toBe(10);
  });

  test.each<[Partial<SmokeTestSettings>, string[]]>([
    [{ maxFirstTokenMs: 299 }, ['FIRST_TOKEN_SLOW']],
    [{ maxFirstTokenMs: 300 }, []],
    [{ maxInterTokenMs: 19 }, ['TOKENS_SLOW']],
    [{ maxInterTokenMs: 20 }, []],
    [{ maxFirstTokenMs: 10, maxInterTokenMs: 1 }, ['FIRST_TOKEN_SLOW', 'TOKENS_SLOW']],
  ])('with limits of %j', async (limits, ids) => {
    const clock = fakeClock();
    expect(await idsOf(taking(clock, 300, 20), { maxTokens: 11, ...limits }, clock)).toEqual(ids);
  });
});
