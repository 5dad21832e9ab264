import * as fc from 'fast-check';
import { DEFAULT_LIMITS, RequestRefused } from '../../lib/route';
import { readChatRequest } from '../../lib/route/openai/request';
import { answers, ask, EASY, routerOver } from './support';

const SEED = 20_261_125;
const ok = { model: 'auto', messages: [{ role: 'user', content: 'Hi' }] };

function refusal(body: unknown, limits = DEFAULT_LIMITS): { status: number; code: string; param: string | null } {
  try {
    readChatRequest(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), limits);
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    return { status: error.status, code: error.id, param: error.param };
  }
  throw new Error('it was not refused');
}

describe('a request', () => {
  test.each([
    ['is no JSON', '{"model":', 'invalid_json', null],
    ['is a list', '[]', 'invalid_json', null],
    ['is nothing', '', 'invalid_json', null],
    ['has no model', { messages: ok.messages }, 'missing_required_parameter', 'model'],
    ['has no messages', { model: 'auto' }, 'missing_required_parameter', 'messages'],
    ['has empty messages', { ...ok, messages: [] }, 'invalid_type', 'messages'],
    ['has a message of another kind', { ...ok, messages: ['Hi'] }, 'invalid_type', 'messages[0]'],
    ['has an unknown role', { ...ok, messages: [{ role: 'boss', content: 'x' }] }, 'invalid_value', 'messages[0].role'],
    [
      'has a number as content',
      { ...ok, messages: [{ role: 'user', content: 7 }] },
      'invalid_type',
      'messages[0].content',
    ],
    ['has no content', { ...ok, messages: [{ role: 'user' }] }, 'invalid_type', 'messages[0].content'],
    [
      'has an unknown part',
      { ...ok, messages: [{ role: 'user', content: [{ type: 'video' }] }] },
      'invalid_value',
      'messages[0].content[0].type',
    ],
    ['has a parameter that nobody knows', { ...ok, tier: 'quality' }, 'unknown_parameter', 'tier'],
    ['has a parameter of Object', '{"model":"auto","__proto__":{},"messages":[]}', 'unknown_parameter', '__proto__'],
    ['wants several answers', { ...ok, n: 2 }, 'invalid_value', 'n'],
    ['is too hot', { ...ok, temperature: 3 }, 'invalid_value', 'temperature'],
    ['has a text as number', { ...ok, top_p: '1' }, 'invalid_type', 'top_p'],
    ['wants part of a token', { ...ok, max_tokens: 1.5 }, 'invalid_type', 'max_tokens'],
    ['wants too many tokens', { ...ok, max_tokens: 1e6 }, 'invalid_value', 'max_tokens'],
    ['has an unknown format', { ...ok, response_format: { type: 'xml' } }, 'invalid_value', 'response_format.type'],
  ])('that %s is refused with its parameter', (_, body, code, param) => {
    expect(refusal(body)).toEqual({ status: 400, code, param });
  });

  test('that is too large is refused with 413, by bytes, messages or characters', () => {
    expect(refusal(ok, { ...DEFAULT_LIMITS, bodyBytes: 20 })).toMatchObject({ status: 413, code: 'request_too_large' });
    const many = { ...ok, messages: Array.from({ length: 3 }, () => ok.messages[0]) };
    expect(refusal(many, { ...DEFAULT_LIMITS, messages: 2 })).toMatchObject({ status: 413, param: 'messages' });
    expect(refusal(many, { ...DEFAULT_LIMITS, promptCharacters: 5 })).toMatchObject({ status: 413 });
  });

  test('that is no UTF-8 is refused', () => {
    const broken = Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xc3]), Buffer.from('"}')]);
    expect(() => readChatRequest(broken, DEFAULT_LIMITS)).toThrow(RequestRefused);
  });

  test('that is nested deeply is refused without recursion', () => {
    const deep = `{"model":"auto","metadata":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)},"messages":[]}`;
    expect(refusal(deep).code).toBe('invalid_json');
  });

  test('may hold parts, images, tools and null', () => {
    const request = readChatRequest(
      Buffer.from(
        JSON.stringify({
          ...ok,
          stop: null,
          messages: [
            {
              role: 'user',
              content: [
                { type: 'text', text: 'See' },
                { type: 'image_url', image_url: { url: 'x' } },
              ],
            },
            { role: 'assistant', content: null, tool_calls: [{ id: 'a' }] },
            { role: 'tool', content: '12:00', tool_call_id: 'a' },
          ],
        }),
      ),
      DEFAULT_LIMITS,
    );
    expect(request.messages.map(({ text, images }) => [text, images])).toEqual([
      ['See', 1],
      ['', 0],
      ['12:00', 0],
    ]);
    expect(request.fields).not.toHaveProperty('stop');
  });

  test('of any JSON is read or refused, nothing else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.json().map((json) => `{"model":"a","messages":${json}}`),
        ),
        (body) => {
          try {
            readChatRequest(Buffer.from(body), DEFAULT_LIMITS);
          } catch (error) {
            expect(error).toBeInstanceOf(RequestRefused);
            expect((error as RequestRefused).status).toBeGreaterThanOrEqual(400);
            expect((error as RequestRefused).status).toBeLessThan(500);
          }
        },
      ),
      { seed: SEED, numRuns: 1000 },
    );
  });
});

describe('the router', () => {
  const over = () => routerOver({ fast: [answers('a')], quality: [answers('b')] });

  test('answers a malformed request in OpenAI’s form, and asks no model', async () => {
    const { send, tier, records } = over();
    const response = await send('{"model":');
    expect([response.status, response.headers['content-type'], response.ended]).toEqual([
      400,
      'application/json',
      true,
    ]);
    expect(response.json).toEqual({
      error: {
        message: expect.stringContaining('cannot be read as JSON'),
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_json',
      },
    });
    expect(tier('fast').requests).toHaveLength(0);
    expect(records[0]).toMatchObject({ status: 400, error: 'invalid_json', attempts: [] });
  });

  test('refuses an oversized one before it reaches a model', async () => {
    const { send, tier } = over();
    const response = await send(ask('x'.repeat(2_000_000)));
    expect([response.status, response.errorCode]).toEqual([413, 'request_too_large']);
    expect(tier('fast').requests.length + tier('quality').requests.length).toBe(0);
  });

  test.each([
    ['POST', '/v1/completions', 404, 'unknown_url'],
    ['GET', '/v1/chat/completions', 405, 'method_not_allowed'],
    ['GET', '/', 404, 'unknown_url'],
  ])('answers %s %s with %i', async (method, path, status, code) => {
    const response = await over().send('', {}, path, method);
    expect([response.status, response.errorCode]).toEqual([status, code]);
  });

  test('tells nothing of prompts or answers to whoever observes it', async () => {
    const { send, records } = over();
    await send(ask(`${EASY} SECRET-OF-THE-PROMPT`));
    expect(JSON.stringify(records)).not.toMatch(/SECRET|France/);
  });
});
