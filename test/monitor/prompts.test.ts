import { readFileSync } from 'node:fs';
import { parsePrompts, plainRequestBody, readAnswer, readCaptured, requestBody } from '../../lib/monitor';

const parse = (...lines: unknown[]) => parsePrompts(lines.map((line) => JSON.stringify(line)).join('\n'), 'p.jsonl');

describe('a prompt set', () => {
  test('is read line by line, with what is left out filled in', () => {
    expect(parse({ prompt: 'Hello' }, { id: 'x', category: 'json', text: 'A text.', maxTokens: 9 })).toEqual([
      {
        id: '1',
        category: 'general',
        messages: [{ role: 'user', content: 'Hello' }],
        maxTokens: 64,
        isText: false,
      },
      { id: 'x', category: 'json', messages: [{ role: 'user', content: 'A text.' }], maxTokens: 9, isText: true },
    ]);
  });

  test('of the example has several categories', () => {
    const prompts = parsePrompts(readFileSync('examples/quality-monitor/prompts.jsonl', 'utf8'), 'prompts.jsonl');
    expect(new Set(prompts.map(({ category }) => category)).size).toBeGreaterThan(5);
  });

  test.each([
    ['', 'PROMPT_SET_EMPTY'],
    ['\n \n', 'PROMPT_SET_EMPTY'],
    ['{"prompt"', 'PROMPT_SET_UNREADABLE'],
    ['[]', 'PROMPT_SET_UNREADABLE'],
    ['null', 'PROMPT_SET_UNREADABLE'],
    ['{"promt": "a"}', 'PROMPT_SET_UNREADABLE'],
    ['{"prompt": "a", "text": "b"}', 'PROMPT_SET_UNREADABLE'],
    ['{"id": "a"}', 'PROMPT_SET_UNREADABLE'],
    ['{"prompt": ""}', 'PROMPT_SET_UNREADABLE'],
    ['{"prompt": 3}', 'PROMPT_SET_UNREADABLE'],
    ['{"messages": []}', 'PROMPT_SET_UNREADABLE'],
    ['{"messages": [null]}', 'PROMPT_SET_UNREADABLE'],
    ['{"messages": [{"role": "user"}]}', 'PROMPT_SET_UNREADABLE'],
    ['{"prompt": "a", "maxTokens": 0}', 'PROMPT_SET_UNREADABLE'],
    ['{"prompt": "a", "expects": "xml"}', 'PROMPT_SET_UNREADABLE'],
    ['{"id": "a", "prompt": "a"}\n{"id": "a", "prompt": "b"}', 'PROMPT_ID_REPEATED'],
  ])('%j is refused', (text, id) => {
    expect(() => parsePrompts(text, 'p.jsonl')).toThrow(expect.objectContaining({ id, path: expect.any(String) }));
  });
});

describe('requests and answers', () => {
  test('are greedy, and ask for log-probabilities unless a server refuses them', () => {
    const [prompt, text] = parse({ prompt: 'a' }, { text: 'b' });
    expect(requestBody(prompt)).toMatchObject({ temperature: 0, logprobs: true, top_logprobs: 20, max_tokens: 64 });
    expect(requestBody(text)).toMatchObject({ max_tokens: 1, prompt_logprobs: 0 });
    expect(plainRequestBody(prompt)).not.toHaveProperty('logprobs');
  });

  test('log-probabilities of a prompt give its mean negative log-likelihood', () => {
    const body = {
      choices: [{ message: { content: 'x' }, finish_reason: 'length' }],
      usage: { completion_tokens: 1 },
      prompt_logprobs: [null, { 17: { logprob: -1, rank: 1 } }, { 4: { logprob: -3, rank: 9 } }],
    };
    expect(readAnswer(JSON.stringify(body))).toEqual({
      text: 'x',
      finish: 'length',
      completionTokens: 1,
      positions: [],
      promptNll: 2,
    });
  });

  test.each(['', 'not JSON', '{}', '[]', '{"choices": [{"message": {"content": null}}]}', '{"generated_text": "a"}'])(
    '%j is no chat completion',
    (body) => {
      expect(() => readAnswer(body)).toThrow(expect.objectContaining({ id: 'ANSWER_UNREADABLE' }));
    },
  );
});

describe('captured traffic', () => {
  const record = (input: string, output: string, encoding = 'JSON') =>
    JSON.stringify({
      captureData: {
        endpointInput: { data: input, encoding, mode: 'INPUT' },
        endpointOutput: { data: output, encoding, mode: 'OUTPUT' },
      },
      eventMetadata: { eventId: 'e1' },
    });
  const request = JSON.stringify({ messages: [{ role: 'user', content: 'Hi ☕' }] });

  test('is read as it lies in the bucket, also in Base64', () => {
    const expected = [{ id: 'e1', request, messages: [{ role: 'user', content: 'Hi ☕' }], answer: '{"a":1}' }];
    expect(readCaptured(`${record(request, '{"a":1}')}\n`)).toEqual(expected);
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    expect(readCaptured(record(base64(request), base64('{"a":1}'), 'BASE64'))).toEqual(expected);
  });

  test('what is no chat completion is passed over', () => {
    expect(readCaptured(`${record('{"inputs": "a"}', 'b')}\n{}\nnot JSON\n${record('[]', '')}`)).toEqual([]);
  });
});
