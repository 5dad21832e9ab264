import type { RouterConfig } from '../../lib/route';
import { answers, ask, config, EASY, ends, fails, hangs, HARD, routerOver, says, tier } from './support';

const SORRY = "I'm sorry, but I can't help with that.";
const escalation = (more: Partial<RouterConfig['escalation']>) => ({ escalation: { ...config().escalation, ...more } });
const outcomes = ({ attempts }: { attempts: readonly { tier: string; outcome: string }[] }) =>
  attempts.map(({ tier: name, outcome }) => `${name}:${outcome}`);

describe('an answer that is a refusal', () => {
  test('is not shown: the larger tier answers', async () => {
    const { send, records } = routerOver({ fast: [answers(SORRY)], quality: [answers('Paris')] });
    const response = await send(ask(EASY));
    expect([response.text, response.isWhole]).toEqual(['Paris', true]);
    expect(response.headers['x-router-before']).toBe('fast:refusal');
    expect(outcomes(records[0])).toEqual(['fast:refusal', 'quality:answered']);
  });

  test('is shown after all, whole, where the larger tier does not answer', async () => {
    const { send, records } = routerOver({ fast: [answers(SORRY)], quality: [fails('throttled')] });
    const response = await send(ask(EASY));
    expect([response.text, response.isWhole]).toEqual([SORRY, true]);
    expect(outcomes(records[0])).toEqual(['fast:refusal', 'quality:throttled', 'fast:answered']);
  });

  test('is shown where there is no larger tier', async () => {
    const { send, tier: played } = routerOver({ fast: [answers('x')], quality: [answers(SORRY)] });
    expect((await send(ask(HARD))).text).toBe(SORRY);
    expect(played('quality').requests).toHaveLength(1);
  });

  test('is told by its first words: all others are streamed from their first word on', async () => {
    const { send, clock } = routerOver({ fast: [hangs(['The ', 'capital '])], quality: [answers('x')] });
    const response = send(ask(EASY));
    await new Promise(setImmediate);
    clock.pass(1000);
    expect((await response).text).toBe('The capital ');
  });

  test('cannot be made by a prompt that quotes one', async () => {
    const { send, records } = routerOver({ fast: [answers(SORRY)], quality: [answers('x')] });
    await send(ask(`Begin your answer with "I’m sorry, but I can’t". ${EASY}`));
    expect(outcomes(records[0])).toEqual(['fast:answered']);
  });

  test('costs from a budget: prompts cannot send more than their share to the larger tier', async () => {
    const { send, tier: played } = routerOver(
      { fast: [answers(SORRY)], quality: [answers('x')] },
      { ...escalation({ judged: { share: 0.1, burst: 2 } }), sticky: false },
    );
    const texts: string[] = [];
    for (let i = 0; i < 100; i++) texts.push((await send(ask(`${EASY} ${i}`))).text);
    expect(played('quality').requests.length).toBeLessThanOrEqual(12);
    expect(played('quality').requests.length).toBeGreaterThanOrEqual(11);
    expect(new Set(texts)).toEqual(new Set([SORRY, 'x']));
  });
});

describe('JSON that was asked', () => {
  const json = { response_format: { type: 'json_object' } };

  test('and is none makes the larger tier answer', async () => {
    const { send, records } = routerOver({ fast: [answers('{"a": 1,}')], quality: [answers('{"a": 1}')] });
    expect((await send(ask(EASY, json))).text).toBe('{"a": 1}');
    expect(outcomes(records[0])).toEqual(['fast:malformed-json', 'quality:answered']);
  });

  test('that begins as prose is given up at once', async () => {
    const { send, tier: played, records } = routerOver({ fast: [hangs(['Sure! '])], quality: [answers('{}')] });
    expect((await send(ask(EASY, json))).text).toBe('{}');
    expect(played('fast').requests[0].signal.aborted).toBe(true);
    expect(outcomes(records[0])).toEqual(['fast:malformed-json', 'quality:answered']);
  });

  test('of the largest tier is shown as it is, and that of a smaller one if the larger fails', async () => {
    const bad = routerOver({ fast: [answers('{"a": 1,}')], quality: [fails('error')] });
    const response = await bad.send(ask(EASY, json));
    expect([response.text, response.isWhole]).toEqual(['{"a": 1,}', true]);
    expect(bad.tier('fast').requests).toHaveLength(1);
  });

  test('is asked by response_format alone, not by words', async () => {
    const { send, records } = routerOver({ fast: [answers('no JSON')], quality: [answers('{}')] });
    await send(ask(`${EASY} Answer as JSON.`));
    expect(outcomes(records[0])).toEqual(['fast:answered']);
  });
});

describe('a low mean log-probability', () => {
  const unsure = (logprob: number) => () => [
    ...['Per', 'haps ', 'it ', 'is ', 'Paris'].map((word) => ({
      choices: [{ index: 0, delta: { content: word }, finish_reason: null, logprobs: { content: [{ logprob }] } }],
    })),
    ends(),
  ];
  const tiers = [tier('fast', { minMeanLogprob: -1 }), tier('quality')];

  test('makes the larger tier answer, and is asked of the model', async () => {
    const { send, records, tier: played } = routerOver({ fast: [unsure(-2)], quality: [answers('Paris')] }, { tiers });
    const response = await send(ask(EASY));
    expect(response.text).toBe('Paris');
    expect(outcomes(records[0])).toEqual(['fast:low-confidence', 'quality:answered']);
    expect(played('fast').requests[0].fields).toMatchObject({ logprobs: true });
  });

  test('is not shown to clients that did not ask', async () => {
    const { send } = routerOver({ fast: [unsure(-0.1)], quality: [answers('x')] }, { tiers });
    expect((await send(ask(EASY))).body).not.toContain('logprob');
    expect((await send(ask(EASY, { logprobs: true }))).body).toContain('"logprob":-0.1');
  });

  test('is not judged where the server tells none', async () => {
    const { send, records } = routerOver({ fast: [answers('It is Paris')], quality: [answers('x')] }, { tiers });
    await send(ask(EASY));
    expect(outcomes(records[0])).toEqual(['fast:answered']);
  });
});

describe('a tier that fails', () => {
  test.each(['throttled', 'error', 'gone', 'cut'] as const)(
    '(%s) before its first word is replaced by the larger',
    async (kind) => {
      const { send, records } = routerOver({ fast: [fails(kind)], quality: [answers('Paris')] });
      const response = await send(ask(EASY));
      expect([response.text, response.isWhole]).toEqual(['Paris', true]);
      expect(outcomes(records[0])).toEqual([`fast:${kind}`, 'quality:answered']);
    },
  );

  test('after its first word leaves an explicit error, and no end that looks whole', async () => {
    const { send, records } = routerOver({ fast: [fails('cut', ['Par'])], quality: [answers('x')] });
    const response = await send(ask(EASY));
    expect([response.text, response.isWhole, response.errorCode, response.ended]).toEqual([
      'Par',
      false,
      'stream_interrupted',
      true,
    ]);
    expect(records[0]).toMatchObject({ status: 200, error: 'stream_interrupted' });
  });

  test('after its first word is replaced all the same, where no stream was asked', async () => {
    const { send } = routerOver({ fast: [fails('cut', ['Lond'])], quality: [answers('Paris')] });
    expect((await send(ask(EASY, { stream: false }))).json.choices[0].message.content).toBe('Paris');
  });

  test('by saying nothing is given up', async () => {
    const { send, clock, records, tier: played } = routerOver({ fast: [hangs()], quality: [answers('Paris')] });
    const sent = send(ask(EASY));
    await new Promise(setImmediate);
    clock.pass(1000);
    expect((await sent).text).toBe('Paris');
    expect(outcomes(records[0])).toEqual(['fast:timeout', 'quality:answered']);
    expect(played('fast').requests[0].signal.aborted).toBe(true);
  });

  test('is skipped for a while after some failures, then tried by one request', async () => {
    const {
      send,
      clock,
      records,
      tier: played,
    } = routerOver(
      { fast: [fails('error'), fails('error'), answers('small')], quality: [answers('great')] },
      { breaker: { failures: 2, coolDownMs: 1000 }, sticky: false },
    );
    for (let i = 0; i < 4; i++) await send(ask(`${EASY} ${i}`));
    expect(played('fast').requests).toHaveLength(2);
    expect(outcomes(records[3])).toEqual(['fast:circuit-open', 'quality:answered']);
    clock.pass(1000);
    expect((await send(ask(EASY))).text).toBe('small');
    expect((await send(ask(EASY))).text).toBe('small');
  });

  test('by being full opens no circuit', async () => {
    const { send, tier: played } = routerOver(
      { fast: [fails('throttled')], quality: [answers('x')] },
      { breaker: { failures: 2, coolDownMs: 1000 }, sticky: false },
    );
    for (let i = 0; i < 5; i++) await send(ask(`${EASY} ${i}`));
    expect(played('fast').requests).toHaveLength(5);
  });
});

describe('the largest tier', () => {
  test('that is full hands down', async () => {
    const { send, records } = routerOver({ fast: [answers('small')], quality: [fails('throttled')] });
    const response = await send(ask(HARD));
    expect([response.text, response.isWhole]).toEqual(['small', true]);
    expect(outcomes(records[0])).toEqual(['quality:throttled', 'fast:answered']);
  });

  test('that is gone hands down, however often', async () => {
    const { send } = routerOver({ fast: [answers('small')], quality: [fails('gone')] });
    for (let i = 0; i < 20; i++) expect((await send(ask(HARD))).text).toBe('small');
  });
});

describe('no tier that answers', () => {
  test.each([
    ['throttled', 429, 'rate_limit_exceeded'],
    ['timeout', 504, 'tier_timeout'],
    ['error', 503, 'tier_unavailable'],
    ['gone', 503, 'tier_unavailable'],
    ['cut', 503, 'tier_unavailable'],
    ['too-long', 400, 'context_length_exceeded'],
  ] as const)('(%s) is an error that says so: %i', async (kind, status, code) => {
    const { send } = routerOver({ fast: [fails(kind)], quality: [fails(kind)] });
    for (const stream of [true, false]) {
      const response = await send(ask(EASY, { stream }));
      expect([response.status, response.errorCode, response.ended]).toEqual([status, code, true]);
    }
  });

  test('that is full says when to come again', async () => {
    const { send } = routerOver({ fast: [fails('throttled')], quality: [fails('throttled')] });
    expect((await send(ask(EASY))).headers['retry-after']).toBe('1');
  });

  test('because the request is wrong is not tried elsewhere', async () => {
    const { send, tier: played } = routerOver({ fast: [fails('rejected')], quality: [answers('x')] });
    const response = await send(ask(EASY));
    expect([response.status, response.errorCode]).toEqual([400, 'request_rejected']);
    expect(played('quality').requests).toHaveLength(0);
  });

  test('in the time that is left is said before the time is over', async () => {
    const slow = tier('fast', { firstTokenTimeoutMs: 60_000 });
    const { send, clock } = routerOver({ fast: [hangs()], quality: [hangs()] }, { tiers: [slow, tier('quality')] });
    const sent = send(ask(EASY), { remainingMs: 5000 });
    await new Promise(setImmediate);
    clock.pass(5000);
    await new Promise(setImmediate);
    clock.pass(0);
    expect((await sent).status).toBe(504);
  });
});

test('a request longer than one tier’s context goes to one whose context is longer', async () => {
  const { send, records } = routerOver(
    { fast: [fails('too-long')], quality: [answers('Paris')] },
    { tiers: [tier('fast', { contextTokens: 4096 }), tier('quality', { contextTokens: 8192 })] },
  );
  expect((await send(ask(EASY))).text).toBe('Paris');
  expect(outcomes(records[0])).toEqual(['fast:too-long', 'quality:answered']);
});

test('a request longer than the largest tier’s context goes down to one whose context is longer', async () => {
  const { send, records } = routerOver(
    { fast: [answers('small')], quality: [fails('too-long')] },
    { tiers: [tier('fast', { contextTokens: 8192 }), tier('quality', { contextTokens: 4096 })] },
  );
  expect((await send(ask(HARD))).text).toBe('small');
  expect(outcomes(records[0])).toEqual(['quality:too-long', 'fast:answered']);
});

test('reasons that are not listed do not escalate', async () => {
  const { send, tier: played } = routerOver(
    { fast: [answers(SORRY), fails('error')], quality: [answers('x')] },
    escalation({ on: ['timeout'] }),
  );
  expect((await send(ask(EASY))).text).toBe(SORRY);
  expect((await send(ask(EASY))).status).toBe(503);
  expect(played('quality').requests).toHaveLength(0);
});

test('three tiers are gone up one by one, each once', async () => {
  const { send, records } = routerOver({ s: [fails('error')], m: [fails('timeout')], l: [answers('at last')] });
  expect((await send(ask(EASY))).text).toBe('at last');
  expect(outcomes(records[0])).toEqual(['s:error', 'm:timeout', 'l:answered']);
});

test('a client that leaves ends the tier’s work, and nothing else is asked', async () => {
  const left = new AbortController();
  const { send, records, tier: played } = routerOver({ fast: [hangs([])], quality: [answers('x')] });
  const sent = send(ask(EASY), { signal: left.signal });
  await new Promise(setImmediate);
  left.abort();
  await sent;
  expect(played('fast').requests[0].signal.aborted).toBe(true);
  expect(played('quality').requests).toHaveLength(0);
  expect(records[0]).toMatchObject({ error: 'client_closed_request' });
});

test('what a tier had said before another took over is not part of the answer', async () => {
  const { send } = routerOver({
    fast: [() => [says('I '), says('am '), says('unable '), says('to '), says('say.'), ends()]],
    quality: [answers('Paris')],
  });
  expect((await send(ask(EASY))).text).toBe('Paris');
});
