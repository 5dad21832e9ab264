import type { IncomingMessage } from 'node:http';
import { CloudWatchClient, GetMetricStatisticsCommand, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { DeleteEndpointCommand, ListEndpointsCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { ask as askEndpoint, chatRequest } from './ask';
import { bootstrap, expectDone, startDeployment, type Deployment } from './cdk';
import { sendSigned } from './signed-request';

const EASY = 'Once upon a time';
const HARD =
  'Explain step by step why the old house by the sea stood empty, compare two reasons and justify which is better.';

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Pieces as they came over the wire. */
  readonly pieces: readonly string[];
  readonly body: string;
  readonly text: string;
}

describe('the example of TieredEndpoints', () => {
  let deployment: Deployment;
  let url: string;
  let endpoints: { fast: string; quality: string };

  const cdk = (...args: string[]) => deployment.cdk(...args, '--app', 'node tools/run-app.mjs test/e2e/tiers-app.ts');

  const deploy = async (...context: string[]): Promise<string> => {
    const { status, output } = await cdk('deploy', '--require-approval', 'never', ...context);
    expectDone(status, output);
    return /Url = (\S+)/.exec(output)![1];
  };

  const send = async (
    body: object | string,
    { path = '/v1/chat/completions', method = 'POST', signed = true } = {},
  ): Promise<Answer> => {
    const response = await sendSigned(deployment.clientOptions.endpoint, url, path, {
      method,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...(signed ? { signer: deployment.clientOptions } : {}),
    });
    const pieces: string[] = [];
    response.setEncoding('utf8');
    for await (const piece of response) pieces.push(piece as string);
    const whole = pieces.join('');
    const text = whole
      .split('\n\n')
      .filter((event) => event.startsWith('data: {'))
      .map((event) => JSON.parse(event.slice(6)).choices?.[0]?.delta.content ?? '')
      .join('');
    return { status: response.statusCode!, headers: response.headers, pieces, body: whole, text };
  };

  const ask = (content: string, more: object = {}) =>
    send({
      model: 'auto',
      stream: true,
      messages: [{ role: 'user', content }],
      max_tokens: 24,
      temperature: 0,
      ...more,
    });

  const direct = async (endpoint: string, content: string) =>
    (await askEndpoint(deployment, endpoint, chatRequest(content, 24))).text;

  beforeAll(async () => {
    // The first request that is streamed meets a tier that takes no more.
    deployment = await startDeployment('--faults', 'InvokeEndpointWithResponseStream=ThrottlingException:1');
    await bootstrap(deployment);
    url = await deploy();
    const { Endpoints } = await new SageMakerClient(deployment.clientOptions).send(new ListEndpointsCommand({}));
    const named = (part: string) =>
      Endpoints!.map(({ EndpointName }) => EndpointName!).find((name) => name.includes(part))!;
    endpoints = { fast: named('Fast'), quality: named('Quality') };
  });
  afterAll(() => deployment?.stop());

  test('wants signed requests', async () => {
    expect((await send('', { path: '/v1/models', method: 'GET', signed: false })).status).toBe(403);
    const models = await send('', { path: '/v1/models', method: 'GET' });
    expect(JSON.parse(models.body).data).toMatchObject([{ id: 'auto', object: 'model' }]);
  });

  test('goes on with another tier when the one that it chose is throttled', async () => {
    const { headers, text, body } = await ask(EASY);
    expect(headers).toMatchObject({ 'x-router-tier': 'quality', 'x-router-before': 'fast:throttled' });
    expect(text).toBe(await direct(endpoints.quality, EASY));
    expect(body.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  test('streams the answer of the tier that a request needs, as that tier gives it', async () => {
    const easy = await ask(EASY);
    expect(easy.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'x-router-tier': 'fast',
      'x-router-chosen-by': 'classifier',
    });
    expect(easy.text).toBe(await direct(endpoints.fast, EASY));
    expect(easy.body.endsWith('data: [DONE]\n\n')).toBe(true);
    const hard = await ask(HARD);
    expect(hard.headers['x-router-tier']).toBe('quality');
    expect(hard.text).toBe(await direct(endpoints.quality, HARD));
  });

  test('passes each piece on when it comes, not all at the end', async () => {
    const { pieces } = await ask(EASY, { max_tokens: 400 });
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces[0]).not.toContain('[DONE]');
  });

  test('answers as a whole, if no stream is asked, with its tokens counted', async () => {
    const { body, headers } = await ask(EASY, { stream: false });
    expect(headers['content-type']).toBe('application/json');
    const { choices, usage, model } = JSON.parse(body);
    expect(choices[0].message.content).toBe(await direct(endpoints.fast, EASY));
    expect([model, usage.completion_tokens]).toEqual(['fast', 24]);
  });

  test('asks the larger tier when JSON was asked and the smaller tells a story', async () => {
    const { headers, status } = await ask(EASY, { response_format: { type: 'json_object' } });
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'x-router-tier': 'quality', 'x-router-before': 'fast:malformed-json' });
  });

  test('keeps a conversation at the tier that it needed', async () => {
    const messages = [
      { role: 'user', content: HARD },
      { role: 'assistant', content: 'It was old.' },
      { role: 'user', content: 'Thanks!' },
    ];
    expect((await ask('', { messages })).headers).toMatchObject({
      'x-router-tier': 'quality',
      'x-router-chosen-by': 'conversation',
    });
  });

  test('keeps a conversation at the tier that it was handed to, whichever environment answers', async () => {
    const opening = 'The miller had three sons';
    const { body } = await ask(opening, { stream: false, response_format: { type: 'json_object' } });
    const { content } = JSON.parse(body).choices[0].message;
    const messages = [
      { role: 'user', content: opening },
      { role: 'assistant', content },
      { role: 'user', content: 'Thanks!' },
    ];
    // The table is not waited for where it is late, as it may be when an environment asks it for the first time.
    let chosen: unknown[];
    do {
      const answers = await Promise.all(Array.from({ length: 4 }, () => ask('', { messages })));
      chosen = answers.map((answer) => answer.headers['x-router-chosen-by']);
    } while (chosen.some((by) => by !== 'conversation'));
    expect(chosen).toHaveLength(4);
  });

  test('refuses what is malformed or too large in OpenAI’s form', async () => {
    const malformed = await send('{"model": "auto"');
    expect([malformed.status, JSON.parse(malformed.body).error.code]).toEqual([400, 'invalid_json']);
    const large = await ask('x'.repeat(600_000));
    expect([large.status, JSON.parse(large.body).error.code]).toEqual([413, 'request_too_large']);
    const tooLong = await ask(`${HARD} `.repeat(40));
    expect([tooLong.status, JSON.parse(tooLong.body).error.code]).toEqual([400, 'context_length_exceeded']);
  });

  test('holds many streams at once, none of them mixed up', async () => {
    const starts = Array.from({ length: 12 }, (_, i) => `Number ${i} was a small ship`);
    const answers = await Promise.all(starts.map((start) => ask(start)));
    // Words may be others than alone: a batch is summed in another order. The engine's name for an answer stands in each of its pieces.
    const names = answers.map(({ body }) => new Set(body.match(/"id":"[^"]+"/g)));
    expect(names.map(({ size }) => size)).toEqual(starts.map(() => 1));
    expect(new Set(names.flatMap((one) => [...one])).size).toBe(starts.length);
    for (const { body, text } of answers) {
      expect(text).toMatch(/\w/);
      expect(body.match(/data: \[DONE\]\n\n/g)).toHaveLength(1);
      expect(body.endsWith('data: [DONE]\n\n')).toBe(true);
    }
  });

  test('writes its metrics for each tier', async () => {
    const cloudWatch = new CloudWatchClient(deployment.clientOptions);
    const { Metrics } = await cloudWatch.send(
      new ListMetricsCommand({ Namespace: 'QuantizedEndpoints/Router', MetricName: 'Requests' }),
    );
    const fast = Metrics!.find(({ Dimensions }) => Dimensions!.some(({ Value }) => Value === 'fast'))!;
    const { Datapoints } = await cloudWatch.send(
      new GetMetricStatisticsCommand({
        Namespace: 'QuantizedEndpoints/Router',
        MetricName: 'Requests',
        Dimensions: fast.Dimensions,
        StartTime: new Date(Date.now() - 3_600_000),
        EndTime: new Date(Date.now() + 60_000),
        Period: 86_400,
        Statistics: ['Sum'],
      }),
    );
    expect(Datapoints!.reduce((sum, { Sum }) => sum + Sum!, 0)).toBeGreaterThan(10);
  });

  test('takes an update without a moment in which nobody answers', async () => {
    let isDone = false;
    const statuses: number[] = [];
    const asking = (async () => {
      while (!isDone) statuses.push((await send('', { path: '/v1/models', method: 'GET' })).status);
    })();
    expect(await deploy('--context', 'updated=yes')).toBe(url);
    isDone = true;
    await asking;
    expect(statuses.length).toBeGreaterThan(0);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect((await ask(EASY)).status).toBe(404);
    const unsure = await ask(EASY, { model: 'stories' });
    expect(unsure.headers['x-router-before']).toBe('fast:low-confidence');
    expect(unsure.text).toBe(await direct(endpoints.quality, EASY));
    expect(unsure.body).not.toContain('logprob');
    expect((await ask(EASY.repeat(20), { model: 'stories' })).status).toBe(413);
    await deploy();
  });

  test('goes on with the larger tier when the smaller is gone, and says so when both are', async () => {
    const sagemaker = new SageMakerClient(deployment.clientOptions);
    await sagemaker.send(new DeleteEndpointCommand({ EndpointName: endpoints.fast }));
    for (let i = 0; i < 6; i++) {
      const { headers, text } = await ask(EASY);
      expect(headers['x-router-tier']).toBe('quality');
      expect(headers['x-router-before']).toMatch(/^fast:(gone|circuit-open)$/);
      expect(text).toBe(await direct(endpoints.quality, EASY));
    }
    await sagemaker.send(new DeleteEndpointCommand({ EndpointName: endpoints.quality }));
    for (const stream of [true, false]) {
      const { status, body, headers } = await ask(HARD, { stream });
      expect([status, JSON.parse(body).error.code]).toEqual([503, 'tier_unavailable']);
      expect(headers['retry-after']).toBe('1');
    }
  });

  test('is destroyed, with nothing left behind', async () => {
    const { status, output } = await cdk('destroy', '--force');
    expectDone(status, output);
    expect((await send('', { path: '/v1/models', method: 'GET' })).status).toBe(404);
  });
});
