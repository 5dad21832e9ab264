import {
  bedrockFailure,
  converseChunks,
  runtimeFailure,
  toConverse,
  type Chunk,
  type ConverseEvent,
} from '../../lib/route';
import { assemble } from '../../lib/route/openai/assemble';

describe('an error of SageMaker’s runtime', () => {
  test.each([
    ['throttled', { name: 'ThrottlingException' }],
    ['throttled', { name: 'ServiceUnavailable' }],
    ['throttled', { name: 'ModelNotReadyException' }],
    ['throttled', { name: 'ModelError', OriginalStatusCode: 429 }],
    ['throttled', { name: 'ModelError', OriginalStatusCode: 503 }],
    ['throttled', { name: 'ValidationError', message: 'Inference Component has no capacity to process this request.' }],
    ['timeout', { name: 'ModelError', OriginalStatusCode: 0 }],
    ['timeout', { name: 'ModelStreamError', ErrorCode: 'ModelInvocationTimeExceeded' }],
    ['cut', { name: 'ModelStreamError', ErrorCode: 'StreamBroken' }],
    ['cut', { name: 'InternalStreamFailure' }],
    ['gone', { name: 'ValidationError', message: 'Endpoint chat of account 1 not found.' }],
    ['gone', { name: 'AccessDeniedException' }],
    [
      'too-long',
      { name: 'ModelError', OriginalStatusCode: 400, OriginalMessage: "This model's maximum context length is 512" },
    ],
    [
      'too-long',
      { name: 'ModelError', OriginalStatusCode: 400, OriginalMessage: '{"type":"exceed_context_size_error"}' },
    ],
    ['rejected', { name: 'ModelError', OriginalStatusCode: 400, OriginalMessage: 'temperature must be positive' }],
    ['rejected', { name: 'ValidationError', message: 'ContentType is missing' }],
    ['error', { name: 'ModelError', OriginalStatusCode: 500 }],
    ['error', { name: 'Error', message: 'connect ECONNREFUSED' }],
    ['error', { name: 'InternalFailure', $metadata: { httpStatusCode: 500 } }],
  ])('means %s: %j', (kind, error) => {
    expect(runtimeFailure(error).kind).toBe(kind);
  });
});

test.each([
  ['throttled', 'ThrottlingException', ''],
  ['timeout', 'ModelTimeoutException', ''],
  ['gone', 'ResourceNotFoundException', ''],
  ['too-long', 'ValidationException', 'Input is too long for requested model.'],
  ['rejected', 'ValidationException', 'The provided model identifier is invalid.'],
  ['cut', 'ModelStreamErrorException', ''],
  ['error', 'InternalServerException', ''],
])('an error of Bedrock means %s: %s %s', (kind, name, message) => {
  expect(bedrockFailure({ name, message }).kind).toBe(kind);
});

describe('a request for Bedrock', () => {
  test('has its system apart, roles that alternate, and OpenAI’s settings under Converse’s names', () => {
    expect(
      toConverse({
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hi' },
          { role: 'user', content: [{ type: 'text', text: 'there' }] },
          { role: 'assistant', content: 'Hello' },
          { role: 'user', content: 'Bye' },
        ],
        max_tokens: 10,
        temperature: 0.5,
        top_p: 0.9,
        stop: 'END',
        seed: 7,
      }),
    ).toEqual({
      system: [{ text: 'Be brief.' }],
      messages: [
        { role: 'user', content: [{ text: 'Hi' }, { text: 'there' }] },
        { role: 'assistant', content: [{ text: 'Hello' }] },
        { role: 'user', content: [{ text: 'Bye' }] },
      ],
      inferenceConfig: { maxTokens: 10, temperature: 0.5, topP: 0.9, stopSequences: ['END'] },
    });
  });

  test('has its tools, their calls and what they returned', () => {
    const request = toConverse({
      messages: [
        { role: 'user', content: 'What time is it?' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'a', function: { name: 'now', arguments: '{"zone":"UTC"}' } }],
        },
        { role: 'tool', tool_call_id: 'a', content: '12:00' },
      ],
      tools: [{ type: 'function', function: { name: 'now', description: 'the time', parameters: { type: 'object' } } }],
      tool_choice: { type: 'function', function: { name: 'now' } },
    });
    expect(request.messages.slice(1)).toEqual([
      { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'now', input: { zone: 'UTC' } } }] },
      { role: 'user', content: [{ toolResult: { toolUseId: 'a', content: [{ text: '12:00' }] } }] },
    ]);
    expect(request.toolConfig).toEqual({
      tools: [{ toolSpec: { name: 'now', description: 'the time', inputSchema: { json: { type: 'object' } } } }],
      toolChoice: { tool: { name: 'now' } },
    });
  });

  test('has images as bytes, and none that would have to be fetched', () => {
    const image = (url: string) => ({
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
    });
    expect(toConverse(image('data:image/png;base64,AQID')).messages[0].content).toEqual([
      { image: { format: 'png', source: { bytes: new Uint8Array([1, 2, 3]) } } },
    ]);
    expect(() => toConverse(image('http://169.254.169.254/latest/meta-data'))).toThrow(
      expect.objectContaining({ kind: 'rejected' }),
    );
  });

  test('asks for JSON in words, which Converse has no setting for', () => {
    const { system } = toConverse({
      messages: [{ role: 'user', content: 'x' }],
      response_format: { type: 'json_object' },
    });
    expect(system![0].text).toContain('JSON only');
  });
});

describe('an answer of Bedrock', () => {
  const read = async (events: readonly ConverseEvent[]): Promise<Chunk[]> => {
    const chunks: Chunk[] = [];
    async function* stream() {
      yield* events;
    }
    for await (const chunk of converseChunks(stream())) chunks.push(chunk);
    return chunks;
  };
  const head = { id: 'x', created: 0, model: 'm' };

  test('is text, an end and its usage', async () => {
    const chunks = await read([
      { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'Pa' } } },
      { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'ris' } } },
      { messageStop: { stopReason: 'max_tokens' } },
      { metadata: { usage: { inputTokens: 3, outputTokens: 2 } } },
    ]);
    expect(assemble(chunks, head)).toMatchObject({
      choices: [{ message: { content: 'Paris' }, finish_reason: 'length' }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
  });

  test('may be calls of tools, each with its own arguments', async () => {
    const chunks = await read([
      { contentBlockStart: { contentBlockIndex: 1, start: { toolUse: { toolUseId: 'a', name: 'now' } } } },
      { contentBlockDelta: { contentBlockIndex: 1, delta: { toolUse: { input: '{"zone":' } } } },
      { contentBlockDelta: { contentBlockIndex: 1, delta: { toolUse: { input: '"UTC"}' } } } },
      { contentBlockStart: { contentBlockIndex: 2, start: { toolUse: { toolUseId: 'b', name: 'sun' } } } },
      { contentBlockDelta: { contentBlockIndex: 2, delta: { toolUse: { input: '{}' } } } },
      { messageStop: { stopReason: 'tool_use' } },
    ]);
    expect(assemble(chunks, head).choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        tool_calls: [
          { id: 'a', function: { name: 'now', arguments: '{"zone":"UTC"}' } },
          { id: 'b', function: { name: 'sun', arguments: '{}' } },
        ],
      },
    });
  });

  test('without its end is cut', async () => {
    await expect(read([{ contentBlockDelta: { delta: { text: 'Pa' } } }])).rejects.toMatchObject({ kind: 'cut' });
  });
});
