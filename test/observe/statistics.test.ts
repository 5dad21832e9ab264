import { dimensionsOf, seriesOf, statisticsOf } from '../../lib/observe';

const valuesOf = (message: string) =>
  Object.fromEntries(statisticsOf(message).map(({ metric, value }) => [metric, Number(value.toFixed(3))]));

describe('lines of vLLM', () => {
  test('of today', () => {
    expect(
      valuesOf(
        '(APIServer pid=1) INFO 11-20 09:12:01 [loggers.py:259] Engine 000: Avg prompt throughput: 812.4 tokens/s, ' +
          'Avg generation throughput: 401.0 tokens/s, Running: 8 reqs, Waiting: 2 reqs, GPU KV cache usage: 37.5%, Prefix cache hit rate: 12.0%',
      ),
    ).toEqual({
      PromptTokensPerSecond: 812.4,
      OutputTokensPerSecond: 401,
      RunningRequests: 8,
      WaitingRequests: 2,
      KvCacheUtilization: 37.5,
      InterTokenLatency: 19.95,
    });
  });

  test('with fields that were added in between', () => {
    const line =
      'Engine 000: Avg prompt throughput: 0.0 tokens/s, Avg generation throughput: 40.0 tokens/s, Running: 1 reqs, ' +
      'Waiting: 5 reqs, Deferred: 1 reqs, Preemptions: 3, GPU KV cache usage: 99.1%, Prefix cache hit rate: 0.0%';
    expect(valuesOf(line)).toMatchObject({ WaitingRequests: 5, KvCacheUtilization: 99.1, InterTokenLatency: 25 });
  });

  test('of before V1', () => {
    const line =
      'INFO metrics.py:345] Avg prompt throughput: 10.0 tokens/s, Avg generation throughput: 20.5 tokens/s, Running: 2 reqs, ' +
      'Swapped: 0 reqs, Pending: 4 reqs, GPU KV cache usage: 1.2%, CPU KV cache usage: 0.0%.';
    expect(valuesOf(line)).toMatchObject({ RunningRequests: 2, WaitingRequests: 4, KvCacheUtilization: 1.2 });
  });

  test('of an idle engine say nothing of the time between tokens', () => {
    const line =
      'Engine 000: Avg prompt throughput: 0.0 tokens/s, Avg generation throughput: 0.0 tokens/s, Running: 0 reqs, ' +
      'Waiting: 0 reqs, GPU KV cache usage: 0.0%, Prefix cache hit rate: 0.0%';
    expect(valuesOf(line)).toEqual({
      PromptTokensPerSecond: 0,
      OutputTokensPerSecond: 0,
      RunningRequests: 0,
      WaitingRequests: 0,
      KvCacheUtilization: 0,
    });
  });
});

describe('lines of SGLang', () => {
  test('of decoding', () => {
    expect(
      valuesOf(
        '[2026-09-17 11:37:02 TP0] Decode batch. #running-req: 20, #token: 4096, token usage: 0.82, cuda graph: True, ' +
          'gen throughput (token/s): 1000.00, #queue-req: 3',
      ),
    ).toEqual({
      OutputTokensPerSecond: 1000,
      RunningRequests: 20,
      WaitingRequests: 3,
      KvCacheUtilization: 82,
      InterTokenLatency: 20,
    });
  });

  test('of a model with sliding windows take the cache of full attention', () => {
    const line =
      'Decode batch, #running-req: 1, #full token: 7936, full token usage: 0.25, #swa token: 512, swa token usage: 0.01, ' +
      'gen throughput (token/s): 110.0, #queue-req: 0';
    expect(valuesOf(line)).toMatchObject({ KvCacheUtilization: 25 });
  });

  test('of prefill say nothing of the time between tokens', () => {
    const line =
      'Prefill batch. #new-seq: 1, #new-token: 64, #cached-token: 0, token usage: 0.10, #running-req: 5, #queue-req: 7, ' +
      'input throughput (token/s): 56.23';
    expect(valuesOf(line)).toEqual({
      PromptTokensPerSecond: 56.23,
      RunningRequests: 5,
      WaitingRequests: 7,
      KvCacheUtilization: 10,
    });
  });
});

describe('lines of llama.cpp', () => {
  test.each([
    [
      'in one event',
      [
        'slot print_timing: id  0 | task 3 | \nprompt eval time =      52.30 ms /    12 tokens (    4.36 ms per token,   229.45 tokens per second)\n       eval time =     400.00 ms /    32 tokens (   12.50 ms per token,    80.00 tokens per second)\n      total time =     452.30 ms /    44 tokens',
      ],
    ],
    [
      'one a line',
      [
        'slot print_timing: id  0 | task 3 | prompt eval time =      52.30 ms /    12 tokens (    4.36 ms per token,   229.45 tokens per second)',
        'slot print_timing: id  0 | task 3 |        eval time =     400.00 ms /    32 tokens (   12.50 ms per token,    80.00 tokens per second)',
        'slot print_timing: id  0 | task 3 |       total time =     452.30 ms /    44 tokens',
      ],
    ],
  ])('%s', (_, lines) => {
    expect(lines.flatMap(statisticsOf)).toEqual([
      { metric: 'PromptTokens', value: 12 },
      { metric: 'OutputTokens', value: 32 },
      { metric: 'InterTokenLatency', value: 12.5 },
    ]);
  });

  test('of an answer of one token have no time between tokens', () => {
    expect(
      valuesOf('       eval time =       0.00 ms /     1 tokens (    0.00 ms per token,      inf tokens per second)'),
    ).toEqual({
      OutputTokens: 1,
    });
  });
});

test.each(['', 'INFO:     Started server process [1]', 'total time = 1 ms', '{"throughput": 3}'])(
  'other lines say nothing: %j',
  (line) => {
    expect(statisticsOf(line)).toEqual([]);
  },
);

describe('series', () => {
  const line = (rate: number) => `Avg generation throughput: ${rate} tokens/s`;

  test('are of one metric and one minute each', () => {
    expect(
      seriesOf([
        { timestamp: 60_000, message: line(1) },
        { timestamp: 119_999, message: line(2) },
        { timestamp: 120_000, message: line(3) },
        { timestamp: 120_000, message: 'something else' },
      ]),
    ).toEqual([
      { metric: 'OutputTokensPerSecond', minute: 60_000, values: [1, 2] },
      { metric: 'OutputTokensPerSecond', minute: 120_000, values: [3] },
    ]);
  });

  test('are cut where CloudWatch takes no more', () => {
    const events = Array.from({ length: 301 }, (_, i) => ({ timestamp: 0, message: line(i) }));
    expect(seriesOf(events).map(({ values }) => values.length)).toEqual([150, 150, 1]);
  });
});

test.each([
  ['/aws/sagemaker/Endpoints/chat', 'AllTraffic/i-0123', { EndpointName: 'chat', VariantName: 'AllTraffic' }],
  ['/aws/sagemaker/InferenceComponents/chat-model', 'copy/1', { InferenceComponentName: 'chat-model' }],
  ['/aws/lambda/other', 'stream', undefined],
  ['/aws/sagemaker/Endpoints/chat', '', undefined],
])('the log %s %s is of %j', (group, stream, dimensions) => {
  expect(dimensionsOf(group, stream)).toEqual(dimensions);
});
