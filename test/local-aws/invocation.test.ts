import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { InvokeEndpointCommand, InvokeEndpointWithResponseStreamCommand } from '@aws-sdk/client-sagemaker-runtime';
import {
  chatBody,
  contentOf,
  createConfig,
  createEndpoint,
  GGUF,
  ggufContainer,
  startTestAws,
  upload,
  type TestAws,
} from './support';

const PROMPT = 'It was a dark and stormy night';

describe('invoking an endpoint of the local AWS', () => {
  let aws: TestAws;

  beforeAll(async () => {
    aws = await startTestAws();
    await upload(aws, { 'q8/model.gguf': GGUF.Q8_0, 'q4/model.gguf': GGUF.Q4_K_M });
    await createConfig(aws, 'q8', ggufContainer('q8/'));
    await createEndpoint(aws, 'q8', 'q8');
  });
  afterAll(() => aws?.stop());

  const invoke = (endpoint: string, body: Uint8Array) =>
    aws.runtime.send(
      new InvokeEndpointCommand({ EndpointName: endpoint, ContentType: 'application/json', Body: body }),
    );

  async function stream(endpoint: string, body: Uint8Array): Promise<string[]> {
    const answer = await aws.runtime.send(
      new InvokeEndpointWithResponseStreamCommand({
        EndpointName: endpoint,
        ContentType: 'application/json',
        Body: body,
      }),
    );
    const parts: string[] = [];
    for await (const event of answer.Body!) parts.push(Buffer.from(event.PayloadPart!.Bytes!).toString('utf8'));
    return parts;
  }

  test('answers a chat completion of the real model', async () => {
    const answer = await invoke('q8', chatBody(PROMPT));
    expect(answer.InvokedProductionVariant).toBe('AllTraffic');
    expect(answer.ContentType).toBe('application/json');
    const body = JSON.parse(Buffer.from(answer.Body!).toString('utf8'));
    expect(body).toMatchObject({
      object: 'chat.completion',
      model: 'model.gguf',
      choices: [{ index: 0, finish_reason: 'length', message: { role: 'assistant' } }],
      usage: { prompt_tokens: 9, completion_tokens: 24, total_tokens: 33 },
    });
    expect(body.choices[0].message.content).toMatch(/\w+ \w+/);
  });

  test('greedy answers are the same each time and in a stream', async () => {
    const once = contentOf((await invoke('q8', chatBody(PROMPT))).Body!);
    const again = contentOf((await invoke('q8', chatBody(PROMPT))).Body!);
    const events = (await stream('q8', chatBody(PROMPT, { stream: true }))).join('').split('\n\n').filter(Boolean);
    expect(again).toBe(once);
    expect(events.at(-1)).toBe('data: [DONE]');
    const deltas = events
      .slice(0, -1)
      .map((event) => JSON.parse(event.slice('data: '.length)).choices[0].delta.content ?? '');
    expect(deltas.join('')).toBe(once);
    expect(deltas.filter((delta) => delta !== '')).toHaveLength(24);
  });

  test('streams token by token: the first part comes before the last token is there', async () => {
    const parts = await stream('q8', chatBody(PROMPT, { stream: true, max_tokens: 200 }));
    expect(parts.length).toBeGreaterThan(10);
  });

  test('serves more requests at once than it has slots', async () => {
    const prompts = [
      'The',
      'The king',
      'The king and',
      'The king and the',
      'The king and the queen',
      'The king and the queen of',
    ];
    const answers = await Promise.all(
      prompts.map(async (prompt) =>
        JSON.parse(Buffer.from((await invoke('q8', chatBody(prompt))).Body!).toString('utf8')),
      ),
    );
    // “queen” is two tokens; the token that begins a text is counted.
    expect(answers.map(({ usage }) => usage.prompt_tokens)).toEqual([2, 3, 4, 5, 7, 8]);
    // In a batch, near ties fall otherwise than alone: an answer may end sooner.
    for (const { usage } of answers) expect(usage.completion_tokens).toBeGreaterThan(0);
  });

  test('stops at a stop string without showing it', async () => {
    const whole = contentOf((await invoke('q8', chatBody(PROMPT))).Body!);
    const [word] = /\w+/.exec(whole.slice(whole.length / 2))!;
    const answer = JSON.parse(
      Buffer.from((await invoke('q8', chatBody(PROMPT, { stop: [word] }))).Body!).toString('utf8'),
    );
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: whole.slice(0, whole.indexOf(word)) },
    });
  });

  test('fails with ModelError, the container’s status and message, on a body that the server refuses', async () => {
    await expect(invoke('q8', Buffer.from('{"messages": []}'))).rejects.toMatchObject({
      name: 'ModelError',
      OriginalStatusCode: 400,
      OriginalMessage: expect.stringContaining("'messages' must not be empty"),
      $metadata: { httpStatusCode: 424 },
    });
    await expect(invoke('q8', Buffer.from('not json'))).rejects.toMatchObject({
      name: 'ModelError',
      OriginalStatusCode: 400,
    });
    await expect(stream('q8', Buffer.from('{"messages": 1}'))).rejects.toMatchObject({ name: 'ModelError' });
  });

  test('fails on a prompt that is longer than the context', async () => {
    await expect(invoke('q8', chatBody('word '.repeat(2000)))).rejects.toMatchObject({
      name: 'ModelError',
      OriginalMessage: expect.stringContaining('exceeds the available context size (512 tokens)'),
    });
  });

  test('AWS’s llama.cpp image takes chat only; other images take {"inputs"} as well', async () => {
    const inputs = Buffer.from(JSON.stringify({ inputs: PROMPT, parameters: { max_new_tokens: 6, do_sample: false } }));
    await expect(invoke('q8', inputs)).rejects.toMatchObject({ name: 'ModelError', OriginalStatusCode: 400 });
    const lmi = '763104351884.dkr.ecr.us-east-1.amazonaws.com/djl-inference:0.36.0-lmi27.0.0-cu130';
    await createConfig(aws, 'lmi', { ...ggufContainer('q8/'), Image: lmi });
    await createEndpoint(aws, 'lmi', 'lmi');
    const same = contentOf((await invoke('q8', chatBody(PROMPT, { max_tokens: 6 }))).Body!);
    const answer = await invoke('lmi', inputs);
    expect(JSON.parse(Buffer.from(answer.Body!).toString('utf8'))).toEqual({ generated_text: same });
    const streamed = Buffer.from(JSON.stringify({ ...JSON.parse(inputs.toString()), stream: true }));
    const lines = (await stream('lmi', streamed))
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.token.text).join('')).toBe(same);
    expect(lines.at(-1).generated_text).toBe(same);
  });

  test('an endpoint that does not exist is a ValidationError', async () => {
    await expect(invoke('nobody', chatBody(PROMPT))).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'Endpoint nobody of account 000000000000 not found.',
      $metadata: { httpStatusCode: 400 },
    });
  });

  test('a body of more than 6 MB is refused before the container sees it', async () => {
    await expect(invoke('q8', Buffer.alloc(6 * 1024 * 1024 + 1, 32))).rejects.toMatchObject({
      name: 'ValidationError',
    });
  });

  test('loads one S3 object, and a tar.gz', async () => {
    await createConfig(aws, 'object', {
      ...ggufContainer('q4/'),
      ModelDataSource: {
        S3DataSource: { S3Uri: 's3://models/q4/model.gguf', S3DataType: 'S3Object', CompressionType: 'None' },
      },
    });
    await upload(aws, { 'model.tar.gz': tarball('model.gguf', readFileSync(GGUF.Q4_K_M)) });
    const { ModelDataSource: _, ...rest } = ggufContainer('q4/');
    await createConfig(aws, 'archive', { ...rest, ModelDataUrl: 's3://models/model.tar.gz' });
    const answers = [];
    for (const name of ['object', 'archive']) {
      expect(await createEndpoint(aws, name, name)).toMatchObject({ EndpointStatus: 'InService' });
      answers.push(contentOf((await invoke(name, chatBody(PROMPT))).Body!));
    }
    expect(answers[1]).toBe(answers[0]);
    expect(answers[0]).not.toBe(contentOf((await invoke('q8', chatBody(PROMPT))).Body!));
  });

  test('frames the stream as vnd.amazon.eventstream', async () => {
    const response = await fetch(`${aws.endpoint}/endpoints/q8/invocations-response-stream`, {
      method: 'POST',
      headers: { authorization: authorization() },
      body: chatBody(PROMPT, { stream: true, max_tokens: 2 }),
    });
    expect(response.headers.get('content-type')).toBe('application/vnd.amazon.eventstream');
    expect(response.headers.get('x-amzn-sagemaker-content-type')).toBe('text/event-stream');
    const bytes = Buffer.from(await response.arrayBuffer());
    const [total, headers] = [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
    const block = bytes.subarray(12, 12 + headers).toString('latin1');
    expect(block).toContain(':event-type\u0007\u0000\u000bPayloadPart');
    expect(block).toContain(':message-type\u0007\u0000\u0005event');
    expect(bytes.subarray(12 + headers, total - 4).toString('utf8')).toMatch(/^data: \{/);
  });
});

function authorization(): string {
  const credential = '000000000000/20260101/us-east-1/sagemaker/aws4_request';
  const signature = createHash('sha256').update('unsigned').digest('hex');
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=${signature}`;
}

/** A POSIX tar of one file, gzipped. */
function tarball(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0'.repeat(2), 108);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        0', 148);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return gzipSync(Buffer.concat([header, content, padding, Buffer.alloc(1024)]));
}
