import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import type { IncomingMessage } from 'node:http';
import * as path from 'node:path';
import type { RouterConfig } from '../../lib/route';
import { ask, config, EASY, HARD, tier } from './support';

const ROOT = path.join(__dirname, '../..');

/** The bundled function as Lambda runs it: in a process of its own, with the SDK, asking a runtime that plays faults. */
interface StartedFunction {
  readonly output: string[];
  invoke(body: object | string, options?: object): Promise<IncomingMessage>;
  stop(): Promise<void>;
}
interface Runtime {
  readonly endpoint: string;
  readonly requests: { endpoint: string; fields: Record<string, unknown> }[];
  close(): Promise<void>;
}

// Shared with the bench, which is no TypeScript.
const { startRuntime, startBedrock } = jest.requireActual<{
  startRuntime(): Promise<Runtime>;
  startBedrock(): Promise<Pick<Runtime, 'endpoint' | 'close'>>;
}>('../../bench/router/sagemaker-runtime.mjs');
const { startFunction } = jest.requireActual<{
  startFunction(config: RouterConfig, environment: Record<string, string>, root: string): Promise<StartedFunction>;
}>('../../bench/router/function.mjs');

describe('the function of a router', () => {
  let runtime: Runtime;
  let functions: StartedFunction[] = [];

  beforeAll(async () => {
    execFileSync(process.execPath, [path.join(ROOT, 'tools/build-lambdas.mjs')]);
    runtime = await startRuntime();
  });
  afterEach(async () => {
    await Promise.all(functions.map((started) => started.stop()));
    functions = [];
  });
  afterAll(() => runtime.close());

  const started = async (fast: string, quality: string, environment: Record<string, string> = {}) => {
    // On a busy machine even the first word of one that does answer may take a while.
    const at = (name: string, endpointName: string) =>
      tier(name, {
        backend: { kind: 'sagemaker', endpointName },
        firstTokenTimeoutMs: endpointName.startsWith('hangs') ? 500 : 60_000,
      });
    const settings = config({ tiers: [at('fast', fast), at('quality', quality)] });
    const made = await startFunction(settings, { AWS_ENDPOINT_URL: runtime.endpoint, ...environment }, ROOT);
    functions.push(made);
    return made;
  };

  const read = async (response: IncomingMessage) => {
    let body = '';
    response.setEncoding('utf8');
    for await (const data of response) body += data;
    const events = body
      .split('\n\n')
      .filter((event) => event.startsWith('data: {'))
      .map((event) => JSON.parse(event.slice(6)));
    const last = body.startsWith('data:') ? events[events.length - 1] : JSON.parse(body);
    return {
      status: response.statusCode,
      headers: response.headers,
      body,
      text: events.map((event) => event.choices?.[0]?.delta.content ?? '').join(''),
      isWhole: body.endsWith('data: [DONE]\n\n'),
      error: last?.error?.code as string | undefined,
    };
  };

  test('streams from the endpoint to the client', async () => {
    const { invoke } = await started('says-3', 'says-2');
    const easy = await read(await invoke(ask(EASY)));
    expect(easy).toMatchObject({ status: 200, isWhole: true, text: 'says-3-0 says-3-1 says-3-2 ' });
    expect(easy.headers).toMatchObject({ 'x-router-tier': 'fast', 'content-type': 'text/event-stream; charset=utf-8' });
    expect((await read(await invoke(ask(HARD)))).text).toBe('says-2-0 says-2-1 ');
  });

  test.each([
    ['throttled', 'throttled'],
    ['gone', 'gone'],
    ['container-error', 'error'],
    ['hangs', 'timeout'],
  ])('goes on with the larger tier where the smaller is %s', async (endpoint, outcome) => {
    const { invoke } = await started(endpoint, 'says-2');
    const answer = await read(await invoke(ask(EASY)));
    expect(answer).toMatchObject({ status: 200, isWhole: true, text: 'says-2-0 says-2-1 ' });
    expect(answer.headers['x-router-before']).toBe(`fast:${outcome}`);
  });

  test.each([
    ['ends in the middle of a character', 'cut', 'Schöne '],
    ['says that it broke', 'stream-error', 'Some '],
    ['breaks the connection', 'resets', 'Some '],
  ])('ends a stream with an explicit error where the endpoint %s', async (_, endpoint, text) => {
    const { invoke } = await started(endpoint, 'says-2');
    const answer = await read(await invoke(ask(EASY)));
    expect(answer).toMatchObject({ status: 200, isWhole: false, text, error: 'stream_interrupted' });
    expect(answer.body).not.toContain('\ufffd');
  });

  test.each(['cut', 'stream-error', 'resets'])(
    'gives a whole answer all the same, where no stream was asked (%s)',
    async (endpoint) => {
      const { invoke } = await started(endpoint, 'says-2');
      const { status, body } = await read(await invoke(ask(EASY, { stream: false })));
      expect([status, JSON.parse(body).choices[0].message.content]).toEqual([200, 'says-2-0 says-2-1 ']);
    },
  );

  test('says so where both tiers are full, or gone', async () => {
    const full = await started('throttled-1', 'throttled-2');
    expect(await read(await full.invoke(ask(EASY)))).toMatchObject({ status: 429, error: 'rate_limit_exceeded' });
    const gone = await started('gone-1', 'gone-2');
    expect(await read(await gone.invoke(ask(EASY)))).toMatchObject({ status: 503, error: 'tier_unavailable' });
  });

  test('says so before Lambda’s own time is over', async () => {
    const { invoke } = await started('hangs-1', 'hangs-2');
    expect(await read(await invoke(ask(EASY), { timeoutMs: 1800 }))).toMatchObject({
      status: 504,
      error: 'tier_timeout',
    });
  });

  test('refuses an oversized request before it reaches an endpoint', async () => {
    const { invoke } = await started('says-3', 'says-2');
    const before = runtime.requests.length;
    expect(await read(await invoke(ask('x'.repeat(2_000_000))))).toMatchObject({
      status: 413,
      error: 'request_too_large',
    });
    expect(runtime.requests).toHaveLength(before);
  });

  describe('with a tier of Bedrock', () => {
    let service: Pick<Runtime, 'endpoint' | 'close'>;

    beforeAll(async () => {
      service = await startBedrock();
    });
    afterAll(() => service.close());

    const withModel = async (modelId: string) => {
      const bedrock = tier('frontier', { backend: { kind: 'bedrock', modelId } });
      const fast = tier('fast', { backend: { kind: 'sagemaker', endpointName: 'says-2' } });
      const made = await startFunction(
        config({ tiers: [fast, bedrock] }),
        {
          AWS_ENDPOINT_URL: runtime.endpoint,
          AWS_ENDPOINT_URL_BEDROCK_RUNTIME: service.endpoint,
        },
        ROOT,
      );
      functions.push(made);
      return made;
    };

    test('streams its answer as OpenAI’s clients know it', async () => {
      const { invoke } = await withModel('us.some.model-v1:0');
      const answer = await read(await invoke(ask(HARD, { stream_options: { include_usage: true } })));
      expect(answer).toMatchObject({ status: 200, isWhole: true, text: 'I am us.some.model-v1:0' });
      expect(answer.body).toContain('"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}');
    });

    test('hands down where it is full', async () => {
      const { invoke } = await withModel('full.model');
      const answer = await read(await invoke(ask(HARD)));
      expect(answer).toMatchObject({ isWhole: true, text: 'says-2-0 says-2-1 ' });
      expect(answer.headers['x-router-before']).toBe('frontier:throttled');
    });
  });

  test.each([
    ['chooses', 'mine', 'quality', 'function'],
    ['fails, and is passed over', 'broken', 'fast', 'classifier'],
  ])('asks a classifier of the user’s own, which %s', async (_, functionName, chosen, by) => {
    const at = (name: string) => tier(name, { backend: { kind: 'sagemaker', endpointName: 'says-2' } });
    const settings = config({ tiers: [at('fast'), at('quality')], classifier: { functionName, timeoutMs: 5000 } });
    const made = await startFunction(settings, { AWS_ENDPOINT_URL: runtime.endpoint }, ROOT);
    functions.push(made);
    const { headers } = await read(await made.invoke(ask('Hi, choose quality')));
    expect(headers).toMatchObject({ 'x-router-tier': chosen, 'x-router-chosen-by': by });
  });

  test('writes a line of metrics for each request, and nothing of the prompt', async () => {
    const { invoke, output } = await started('gone', 'says-2');
    await read(await invoke(ask(`${EASY} SECRET`)));
    while (output.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(output).toHaveLength(1);
    expect(output[0]).not.toMatch(/SECRET|France|says-2-0/);
    expect(JSON.parse(output[0])).toMatchObject({
      _aws: { CloudWatchMetrics: [{ Namespace: 'Test', Dimensions: [['Router', 'Tier'], ['Router']] }] },
      Router: 'router',
      Tier: 'quality',
      Requests: 1,
      Escalations: 1,
      Errors: 0,
      CompletionTokens: 2,
      escalatedFor: ['gone'],
      because: expect.stringMatching(/^score 0\.\d+ < 0\.\d+: /),
    });
  });

  test('tells X-Ray of each attempt', async () => {
    const daemon = createSocket('udp4');
    const datagrams: string[] = [];
    daemon.on('message', (message) => datagrams.push(message.toString('utf8')));
    await new Promise<void>((resolve) => daemon.bind(0, '127.0.0.1', resolve));
    const { invoke } = await started('gone', 'says-2', {
      AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${daemon.address().port}`,
    });
    const trace = 'Root=1-67891234-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1';
    await read(await invoke(ask(EASY), { trace }));
    while (datagrams.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    daemon.close();
    const [header, segment] = datagrams[0].split('\n');
    expect(JSON.parse(header)).toEqual({ format: 'json', version: 1 });
    expect(JSON.parse(segment)).toMatchObject({
      type: 'subsegment',
      name: 'tier fast',
      trace_id: '1-67891234-abcdef012345678912345678',
      parent_id: '53995c3f42cd8ad8',
      annotations: { tier: 'fast', outcome: 'gone' },
      fault: true,
    });
    expect(datagrams[1]).toContain('"outcome":"answered"');
  });
});
