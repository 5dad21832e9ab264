import * as fc from 'fast-check';
import type { FailureKind } from '../../lib/route';
import { answers, ask, EASY, fails, hangs, HARD, routerOver, type Script } from './support';

const SEED = 20_261_125;

const KINDS: readonly FailureKind[] = ['throttled', 'timeout', 'gone', 'error', 'cut', 'too-long', 'rejected'];
const ANSWERS = ['Paris it is', "I'm sorry, but I can't help with that.", '{"a": 1}', '{"a": 1,}', ''] as const;

/** What a tier may do when it is asked, good and bad. */
const script: fc.Arbitrary<Script> = fc.oneof(
  fc.constantFrom(...ANSWERS).map(answers),
  fc.constantFrom(...KINDS).map((kind) => fails(kind)),
  fc.constantFrom(...KINDS).map((kind) => fails(kind, ['Half ', 'of '])),
  fc.constantFrom([], ['Half ']).map((said) => hangs(said)),
);

const scripts = fc.array(script, { minLength: 1, maxLength: 3 });

test('whatever tiers do, a client gets a whole answer of one tier or an explicit error, and each request is told of once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ s: scripts, m: scripts, l: scripts }),
      fc.array(
        fc.record({
          content: fc.constantFrom(EASY, HARD),
          stream: fc.boolean(),
          json: fc.boolean(),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      fc.record({ judged: fc.constantFrom(0, 0.5, 1), failed: fc.constantFrom(0, 0.5, 1) }),
      async (tiers, requests, { judged, failed }) => {
        const {
          send,
          clock,
          records,
          router: _,
        } = routerOver(tiers, {
          breaker: { failures: 2, coolDownMs: 5000 },
          escalation: {
            on: ['refusal', 'malformed-json', 'throttled', 'timeout', 'error'],
            judged: { share: judged, burst: 2 },
            failed: { share: failed, burst: 2 },
            confidenceTokens: 4,
          },
        });
        let isDone = false;
        const sent = Promise.all(
          requests.map(({ content, stream, json }) =>
            send(ask(content, { stream, ...(json ? { response_format: { type: 'json_object' } } : {}) })),
          ),
        ).finally(() => (isDone = true));
        while (!isDone) {
          await new Promise(setImmediate);
          clock.pass(500);
        }
        (await sent).forEach((response, i) => {
          expect(response.ended).toBe(true);
          const { stream } = requests[i];
          if (response.errorCode !== undefined) {
            expect(response.isWhole).toBe(false);
            if (response.status !== 200) expect(response.status).toBeGreaterThanOrEqual(400);
            else expect([stream, response.errorCode]).toEqual([true, 'stream_interrupted']);
            return;
          }
          expect(response.status).toBe(200);
          const text = stream ? response.text : response.json.choices[0].message.content;
          expect(ANSWERS).toContain(text);
          if (stream) expect(response.isWhole).toBe(true);
          expect(['s', 'm', 'l']).toContain(response.headers['x-router-tier']);
        });
        expect(records).toHaveLength(requests.length);
        for (const { answeredBy, error } of records)
          expect((answeredBy === undefined) !== (error === undefined)).toBe(true);
        expect(clock.waiting).toBe(0);
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
});
