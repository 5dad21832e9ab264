import { answers, ask, EASY, ends, HARD, routerOver, says, tier, uses, type Script } from './support';

const TWO = { fast: [answers('small words')], quality: [answers('great words')] };

describe('a request', () => {
  test('goes to the tier that its shape asks for, and says so', async () => {
    const { send, records } = routerOver(TWO);
    const easy = await send(ask(EASY));
    expect([easy.text, easy.isWhole, easy.status]).toEqual(['small words', true, 200]);
    expect(easy.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'x-router-tier': 'fast',
      'x-router-chosen-by': 'classifier',
    });
    const hard = await send(ask(HARD));
    expect(hard.text).toBe('great words');
    expect(records.map(({ answeredBy }) => answeredBy)).toEqual(['fast', 'quality']);
    expect(records[1].decision!.because[0]).toMatchObject({ feature: 'reasoningWords' });
  });

  test('is answered as one JSON, if no stream is asked', async () => {
    const { send } = routerOver(TWO);
    const { status, json, headers } = await send(ask(EASY, { stream: false }));
    expect([status, headers['content-type']]).toEqual([200, 'application/json']);
    expect(json).toEqual({
      id: 'chatcmpl-request-0',
      created: 1_700_000_000,
      model: 'fast',
      object: 'chat.completion',
      choices: [
        { index: 0, message: { role: 'assistant', content: 'small words' }, finish_reason: 'stop', logprobs: null },
      ],
      usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 },
    });
  });

  test('is streamed event by event, with the role once and the usage only if asked', async () => {
    const { send } = routerOver(TWO);
    const plain = await send(ask(EASY));
    expect(plain.writes).toHaveLength(4);
    expect(plain.events.map((event) => (event as { usage?: object }).usage)).toEqual([undefined, undefined, undefined]);
    expect(plain.events.filter((event) => JSON.stringify(event).includes('"role"'))).toHaveLength(1);
    const asked = await send(ask(EASY, { stream_options: { include_usage: true } }));
    expect(asked.events[asked.events.length - 1]).toMatchObject({ choices: [], usage: { total_tokens: 9 } });
  });

  test('hands its fields on, without what is the router’s own', async () => {
    const { send, tier: played } = routerOver(TWO);
    await send(ask(EASY, { temperature: 0.5, user: 'anna', metadata: { team: 'x' }, seed: null }));
    expect(played('fast').requests[0].fields).toEqual({
      messages: [{ role: 'user', content: EASY }],
      temperature: 0.5,
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test('leaves no timer behind', async () => {
    const { send, clock } = routerOver(TWO);
    await send(ask(EASY));
    expect(clock.waiting).toBe(0);
  });

  test('calls tools: pieces of the call are put together', async () => {
    const call: Script = function* () {
      const piece = (delta: object) => ({ choices: [{ index: 0, delta, finish_reason: null }] });
      yield piece({ tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'now', arguments: '' } }] });
      yield piece({ tool_calls: [{ index: 0, function: { arguments: '{"zone":' } }] });
      yield piece({ tool_calls: [{ index: 0, function: { arguments: '"UTC"}' } }] });
      yield ends('tool_calls');
    };
    const { send } = routerOver({ fast: [call], quality: [answers('x')] });
    const { json } = await send(ask(EASY, { stream: false, tools: [{ type: 'function', function: { name: 'now' } }] }));
    expect(json.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: null, tool_calls: [{ id: 'a', function: { name: 'now', arguments: '{"zone":"UTC"}' } }] },
    });
  });
});

describe('the models', () => {
  test('are the router alone, unless callers may choose', async () => {
    const names = async (callerMayChoose: boolean) =>
      (await routerOver(TWO, { callerMayChoose }).send('', {}, '/v1/models', 'GET')).json.data.map(
        ({ id }: { id: string }) => id,
      );
    expect(await names(false)).toEqual(['auto']);
    expect(await names(true)).toEqual(['auto', 'fast', 'quality']);
  });

  test('can be chosen by callers only where that is allowed', async () => {
    const refused = await routerOver(TWO).send(ask(EASY, { model: 'quality' }));
    expect([refused.status, refused.errorCode]).toEqual([404, 'model_not_found']);
    const { send } = routerOver(TWO, { callerMayChoose: true });
    expect((await send(ask(EASY, { model: 'quality' }))).text).toBe('great words');
  });
});

describe('a conversation', () => {
  const turn = (...texts: string[]) => ({
    model: 'auto',
    stream: true,
    messages: texts.map((content, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content })),
  });

  test('stays with the tier that one of its questions needed, in any environment', async () => {
    const { send, records } = routerOver(TWO);
    await send(turn(HARD, 'It is irrational.', 'Thanks!'));
    expect(records[0]).toMatchObject({ answeredBy: 'quality', chosenBy: 'conversation' });
  });

  test('stays with the tier that it was handed to', async () => {
    const { send, records } = routerOver({
      fast: [answers("I'm sorry, but I can't do that.")],
      quality: [answers('Paris')],
    });
    await send(turn(EASY));
    await send(turn(EASY, 'Paris', 'Thanks!'));
    expect(records.map(({ answeredBy, chosenBy }) => [answeredBy, chosenBy])).toEqual([
      ['quality', 'classifier'],
      ['quality', 'conversation'],
    ]);
  });

  test('that begins as another did is another conversation', async () => {
    const { send, records } = routerOver({
      fast: [answers("I'm sorry, but I can't."), answers('London'), answers('Bye')],
      quality: [answers('Paris')],
    });
    await send(turn(EASY));
    await send(turn(EASY));
    await send(turn(EASY, 'London', 'Thanks!'));
    expect(records.map(({ answeredBy }) => answeredBy)).toEqual(['quality', 'fast', 'fast']);
  });

  test('is known to other environments by a store, by digest and name', async () => {
    const kept = new Map<string, string>();
    const conversations = {
      reached: async (conversation: string) => kept.get(conversation),
      remember: async (conversation: string, name: string) => void kept.set(conversation, name),
    };
    const tiers = { fast: [answers("I'm sorry, but I can't do that."), answers('x')], quality: [answers('Paris')] };
    await routerOver(tiers, {}, { conversations }).send(turn(EASY));
    expect([...kept]).toEqual([[expect.stringMatching(/^[0-9a-f]{64}$/), 'quality']]);
    const other = routerOver(tiers, {}, { conversations });
    await other.send(turn(EASY, 'Paris', 'Thanks!'));
    expect(other.records[0]).toMatchObject({ answeredBy: 'quality', chosenBy: 'conversation' });
  });

  test('goes on without a store that is late, fails, or names a tier that is no more', async () => {
    const stores = [
      { reached: () => new Promise<string>(() => undefined), remember: async () => undefined },
      { reached: () => Promise.reject(new Error('no')), remember: () => Promise.reject(new Error('no')) },
      { reached: async () => 'huge', remember: async () => undefined },
    ];
    for (const conversations of stores) {
      const { send, records, clock } = routerOver(TWO, {}, { conversations });
      const sent = send(turn(EASY, 'Paris', 'Thanks!'));
      await new Promise(setImmediate);
      clock.pass(250);
      expect((await sent).isWhole).toBe(true);
      expect(records[0].answeredBy).toBe('fast');
    }
  });

  test('of another caller is another conversation', async () => {
    const { send, records } = routerOver({
      fast: [answers("I'm sorry, but I can't."), answers('Paris')],
      quality: [answers('Paris')],
    });
    await send(turn(EASY));
    await send(turn(EASY, 'Paris', 'Thanks!'), { caller: 'arn:aws:iam::123456789012:user/bob' });
    expect(records[1]).toMatchObject({ answeredBy: 'fast', chosenBy: 'classifier' });
  });

  test('may go down again, if the router is told so', async () => {
    const { send, records } = routerOver(TWO, { sticky: false });
    await send(turn(HARD, 'It is irrational.', 'Thanks!'));
    expect(records[0].answeredBy).toBe('fast');
  });
});

describe('a classifier of the user’s own', () => {
  const own = { functionName: 'mine', timeoutMs: 200 };

  test('decides, knowing the proposal and the features', async () => {
    const classifier = jest.fn(async () => ({ tier: 'quality' }));
    const { send, records } = routerOver(TWO, { classifier: own }, { classifier });
    await send(ask(EASY));
    expect(records[0]).toMatchObject({ answeredBy: 'quality', chosenBy: 'function' });
    expect(classifier).toHaveBeenCalledWith(
      expect.objectContaining({ tiers: ['fast', 'quality'], proposal: expect.objectContaining({ tier: 'fast' }) }),
      expect.anything(),
    );
  });

  test.each([
    ['names no tier of this router', async () => ({ tier: 'huge' })],
    ['answers nonsense', async () => 'quality'],
    ['fails', async () => Promise.reject(new Error('no'))],
  ])('that %s is passed over', async (_, classifier) => {
    const { send, records } = routerOver(TWO, { classifier: own }, { classifier });
    await send(ask(EASY));
    expect(records[0]).toMatchObject({ answeredBy: 'fast', chosenBy: 'classifier' });
  });

  test('that is late is not waited for', async () => {
    const { send, records, clock } = routerOver(TWO, { classifier: own }, { classifier: () => new Promise(() => {}) });
    const sent = send(ask(EASY));
    await new Promise(setImmediate);
    clock.pass(200);
    await sent;
    expect(records[0]).toMatchObject({ answeredBy: 'fast', chosenBy: 'classifier' });
  });
});

describe('a tier’s context', () => {
  test('of the largest tier that is too short hands down to one that holds the request', async () => {
    const { send, records } = routerOver(TWO, {
      tiers: [tier('fast', { contextTokens: 10_000 }), tier('quality', { contextTokens: 100 })],
    });
    await send(ask(`${HARD} ${'la '.repeat(300)}`));
    expect(records[0]).toMatchObject({ answeredBy: 'fast', chosenBy: 'context' });
  });

  test('that is too short for the request is passed over', async () => {
    const { send, records } = routerOver(TWO, {
      tiers: [tier('fast', { contextTokens: 100 }), tier('quality', { contextTokens: 10_000 })],
    });
    await send(ask(`${EASY} ${'la '.repeat(300)}`));
    expect(records[0]).toMatchObject({ answeredBy: 'quality', chosenBy: 'context' });
  });
});

test('what is told of a request holds its tokens and its cost', async () => {
  const priced = tier('fast', { inputUsdPerMillionTokens: 1, outputUsdPerMillionTokens: 10 });
  const { send, records } = routerOver(
    { fast: [() => [says('a '), says('b'), ends(), uses(1000, 100)]], quality: [answers('x')] },
    { tiers: [priced, tier('quality')] },
  );
  await send(ask(EASY));
  expect(records[0]).toMatchObject({ promptTokens: 1000, completionTokens: 100, costUsd: 0.002 });
});
