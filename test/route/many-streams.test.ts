import type { Chunk, TierRequest } from '../../lib/route';
import { config, ends, PlayedTier, Response, says, tier } from './support';
import { Router } from '../../lib/route';

const STREAMS = 500;
const WORDS = 40;

test(`${STREAMS} streams at once, some of them handed up, are all whole and none gets another’s words`, async () => {
  let open = 0;
  let most = 0;
  /** Says back whose request it is, word by word, with all the others in between. */
  const echo = (name: string) =>
    async function* ({ fields }: TierRequest): AsyncGenerator<Chunk> {
      const [{ content }] = fields.messages as { content: string }[];
      const who = /number (\d+)/.exec(content)![1];
      open++;
      most = Math.max(most, open);
      try {
        if (name === 'fast' && Number(who) % 10 === 0) yield says("I'm sorry, but I can't");
        for (let word = 0; word < WORDS; word++) {
          await new Promise(setImmediate);
          yield says(`${name}-${who}-${word} `);
        }
        yield ends();
      } finally {
        open--;
      }
    };
  const router = new Router(
    config({
      tiers: [tier('fast'), tier('quality')],
      escalation: { ...config().escalation, judged: { share: 1, burst: STREAMS } },
    }),
    {
      tiers: new Map(['fast', 'quality'].map((name) => [name, new PlayedTier([echo(name)])])),
      now: () => performance.now(),
      epochSeconds: () => 0,
      digest: (text) => text,
      setTimer: (callback, milliseconds) => {
        const timer = setTimeout(callback, milliseconds * 100);
        return () => clearTimeout(timer);
      },
      observe: () => undefined,
    },
  );
  const responses = await Promise.all(
    Array.from({ length: STREAMS }, async (_, i) => {
      const response = new Response();
      const body = { model: 'auto', stream: true, messages: [{ role: 'user', content: `Hi, I am number ${i}` }] };
      await router.handle(
        { method: 'POST', path: '/v1/chat/completions', body: Buffer.from(JSON.stringify(body)) },
        response,
        { requestId: String(i), caller: '', remainingMs: 60_000 },
      );
      return response;
    }),
  );
  responses.forEach((response, i) => {
    const name = i % 10 === 0 ? 'quality' : 'fast';
    expect(response.isWhole).toBe(true);
    expect(response.headers['x-request-id']).toBe(String(i));
    expect(response.text).toBe(Array.from({ length: WORDS }, (_, word) => `${name}-${i}-${word} `).join(''));
  });
  expect(most).toBeGreaterThanOrEqual(STREAMS);
  expect(open).toBe(0);
});
