import { entityName, readAiperf, syntheticPrompt, workloadSpec } from '../../lib/benchmark';

describe('the workload of a managed benchmark', () => {
  test('says what our own load does', () => {
    const spec = JSON.parse(
      workloadSpec({ inputTokens: 512, outputTokens: 128, concurrency: 8, requests: 100, ignoreEos: true }),
    );
    expect(spec).toMatchObject({
      benchmark: { type: 'aiperf' },
      parameters: {
        concurrency: 8,
        request_count: 100,
        prompt_input_tokens_mean: 512,
        output_tokens_mean: 128,
        streaming: true,
        extra_inputs: 'ignore_eos:true',
      },
      tooling: { api_standard: 'openai' },
    });
  });

  test('has a name that SageMaker takes, however long the endpoint’s is', () => {
    for (const endpoint of ['a', 'x'.repeat(63), `${'x'.repeat(50)}-----------`])
      expect(entityName('qe', endpoint, '20260101120000')).toMatch(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/);
  });
});

describe('what AIPerf measured', () => {
  test('is read in milliseconds, whatever its unit', () => {
    const result = readAiperf(
      JSON.stringify({
        request_throughput: { unit: 'requests/sec', avg: 2.5 },
        output_token_throughput: { unit: 'tokens/sec', avg: 320 },
        time_to_first_token: { unit: 'ms', avg: 21, p50: 20, p90: 30, p99: 40, count: 100 },
        inter_token_latency: { unit: 'us', avg: 8000, p50: 7900 },
        request_latency: { unit: 's', p99: 1.5 },
      }),
      'f',
    );
    expect(result).toEqual({
      requestsPerSecond: 2.5,
      outputTokensPerSecond: 320,
      timeToFirstTokenMs: { mean: 21, p50: 20, p90: 30, p99: 40, count: 100 },
      interTokenMs: { mean: 8, p50: 7.9 },
      totalMs: { p99: 1500 },
    });
  });

  test('lies below "records" in older releases', () => {
    const text = JSON.stringify({ records: { ttft: { unit: 'ms', avg: 18, p50: 15 } } });
    expect(readAiperf(text, 'f').timeToFirstTokenMs).toEqual({ mean: 18, p50: 15 });
  });

  test.each(['', '{}', '[]', '{"request_throughput": 3}'])('%j is refused', (text) => {
    expect(() => readAiperf(text, 'f')).toThrow(expect.objectContaining({ id: 'BENCHMARK_RESULT_UNREADABLE' }));
  });
});

test('synthetic prompts have about as many words as tokens are wished, and begin differently', () => {
  const [one, two] = [syntheticPrompt(200, 1), syntheticPrompt(200, 2)];
  expect(one.split(' ')).toHaveLength(200);
  expect(one).toBe(syntheticPrompt(200, 1));
  expect(one.slice(0, 20)).not.toBe(two.slice(0, 20));
  expect(syntheticPrompt(200, 1, 2).split(' ')).toHaveLength(100);
});
