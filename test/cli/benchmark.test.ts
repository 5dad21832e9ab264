import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PutMetricDataCommand, CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { BenchmarkReport } from '../../lib/benchmark';
import { useTemporaryFolder } from '../format/temporary-folder';
import {
  createConfig,
  createEndpoint,
  GGUF,
  ggufContainer,
  startTestAws,
  upload,
  type TestAws,
} from '../local-aws/support';
import { qe } from './qe';

const temporary = useTemporaryFolder();
const PROMPTS = path.join(__dirname, '../../examples/quality-monitor/prompts.jsonl');
const QUICK = ['--requests', '6', '--warm-up', '1', '--input-tokens', '24', '--output-tokens', '8'];

describe('qe benchmark against real endpoints of the local AWS', () => {
  let aws: TestAws;
  const before = { ...process.env };

  beforeAll(async () => {
    aws = await startTestAws();
    await upload(aws, { 'q8/model.gguf': GGUF.Q8_0, 'q4/model.gguf': GGUF.Q4_K_M });
    for (const name of ['q8', 'q4']) {
      await createConfig(aws, name, ggufContainer(`${name}/`));
      await createEndpoint(aws, name, name);
    }
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: '000000000000',
      AWS_SECRET_ACCESS_KEY: 'local',
    });
  });
  afterAll(async () => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
    await aws?.stop();
  });

  /** The SDK's client of IAM is not among the dependencies for one test. */
  async function iam(parameters: Record<string, string>): Promise<string> {
    const answer = await fetch(aws.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization:
          'AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0',
      },
      body: new URLSearchParams({ Version: '2010-05-08', ...parameters }).toString(),
    });
    return answer.text();
  }

  async function makeRole(name: string, writes?: string): Promise<string> {
    const policy = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await iam({
      Action: 'CreateRole',
      RoleName: name,
      AssumeRolePolicyDocument: policy({
        Effect: 'Allow',
        Principal: { Service: 'sagemaker.amazonaws.com' },
        Action: 'sts:AssumeRole',
      }),
    });
    if (writes !== undefined)
      await iam({
        Action: 'PutRolePolicy',
        RoleName: name,
        PolicyName: 'write',
        PolicyDocument: policy({ Effect: 'Allow', Action: 's3:PutObject', Resource: writes }),
      });
    return `arn:aws:iam::000000000000:role/${name}`;
  }

  test('measures closed and open loops with the tokens that the server counted', async () => {
    const [report, page] = [path.join(temporary(), 'report.json'), path.join(temporary(), 'page.html')];
    const { status, stdout, stderr } = await qe(
      'benchmark',
      'q8',
      ...QUICK,
      ...['--concurrency', '1,2', '--rate', '20'],
      ...['--report', report, '--html', page, '--json'],
    );
    expect([status, stderr]).toEqual([0, expect.stringContaining('loading: 2 at once')]);
    const answer = JSON.parse(stdout) as BenchmarkReport & { schema: number };
    expect(JSON.parse(readFileSync(report, 'utf8'))).toEqual(answer);
    expect(answer.schema).toBe(1);
    expect(answer.endpoint.stages.map(({ load }) => load)).toEqual([
      { kind: 'closed', concurrency: 1 },
      { kind: 'closed', concurrency: 2 },
      { kind: 'open', requestsPerSecond: 20 },
    ]);
    for (const stage of answer.endpoint.stages) {
      expect(stage).toMatchObject({ requests: 6, errors: {}, tokensCountedBy: 'server', outputTokens: { max: 8 } });
      expect(stage.outputTokensPerSecond).toBeGreaterThan(0);
      const { timeToFirstTokenMs, totalMs } = stage;
      expect(timeToFirstTokenMs!.p50).toBeGreaterThan(0);
      expect(timeToFirstTokenMs!.max).toBeLessThanOrEqual(totalMs!.max);
    }
    // The prompt's length follows what the tokenizer makes of words.
    expect(answer.endpoint.stages[0].inputTokens!.mean).toBeGreaterThan(14);
    expect(answer.endpoint.stages[0].inputTokens!.mean).toBeLessThan(36);
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('<svg');
    expect(html).not.toMatch(/(?:src|href)="https?:/);
  });

  test('compares two by turns, and their answers', async () => {
    const page = path.join(temporary(), 'page.html');
    const { status, stdout } = await qe(
      'benchmark',
      'q8',
      ...QUICK,
      ...['--compare', 'q4', '--pairs', '3', '--concurrency', '2', '--quality', PROMPTS, '--html', page, '--json'],
    );
    expect(status).toBe(0);
    const { other, comparison, quality } = JSON.parse(stdout) as BenchmarkReport;
    expect(other).toMatchObject({ endpoint: 'q4', stages: [{ requests: 12, errors: {} }] });
    expect(comparison![0].map(({ figure }) => figure)).toEqual([
      'timeToFirstTokenMs',
      'interTokenMs',
      'totalMs',
      'outputTokensPerSecond',
    ]);
    // Three pairs cannot show anything at 5 %.
    expect(comparison![0].every(({ significant, p }) => !significant && p > 0.05)).toBe(true);
    expect(quality).toMatchObject({ comparedWith: 'q4', failed: 0, prompts: 50 });
    expect(quality!.exactMatch).toBeLessThan(1);
    expect(quality!.meanKl).toBeGreaterThan(0);
    expect(quality!.worst.length).toBeGreaterThan(0);
    expect(readFileSync(page, 'utf8')).toContain('What differs');
  });

  test('shows a table to a person', async () => {
    const { status, stdout } = await qe('benchmark', 'q8', ...QUICK, '--concurrency', '1', '--no-color');
    expect(status).toBe(0);
    expect(stdout).toMatch(/first token, ms/);
    expect(stdout).toMatch(/1 at once/);
    expect(stdout).toContain('no datapoint in CloudWatch');
  });

  test('GPU memory is that of CloudWatch, beside the plan of a spec', async () => {
    await createConfig(aws, 'gpu', ggufContainer('q8/'), { InstanceType: 'ml.g5.12xlarge' });
    await createEndpoint(aws, 'gpu', 'gpu');
    await aws.client(CloudWatchClient).send(
      new PutMetricDataCommand({
        Namespace: '/aws/sagemaker/Endpoints',
        MetricData: [
          {
            MetricName: 'GPUMemoryUtilization',
            Value: 320,
            Unit: 'Percent',
            Dimensions: [
              { Name: 'EndpointName', Value: 'gpu' },
              { Name: 'VariantName', Value: 'AllTraffic' },
            ],
          },
        ],
      }),
    );
    const spec = path.join(temporary(), 'spec.json');
    const config = JSON.parse(readFileSync(path.join(__dirname, '../../examples/neuron/config.json'), 'utf8'));
    writeFileSync(
      spec,
      JSON.stringify({
        model: { id: 'Qwen/Qwen2.5-7B-Instruct', config },
        container: { family: 'lmi' },
        instanceType: 'ml.g5.12xlarge',
        options: { maxModelLen: 8192, tensorParallelSize: 4 },
      }),
    );
    const { stdout } = await qe('benchmark', 'gpu', ...QUICK, '--concurrency', '1', '--spec', spec, '--json');
    const { memory } = (JSON.parse(stdout) as BenchmarkReport).endpoint;
    // Four GPUs, of which each uses four fifths.
    expect(memory).toMatchObject({ instanceType: 'ml.g5.12xlarge', usedShare: 0.8 });
    expect(memory.plannedShare).toBeGreaterThan(0.5);
    expect(memory.plannedShare).toBeLessThanOrEqual(1);
  });

  test('an endpoint that answers none of the requests is refused, with the failure’s name', async () => {
    const prompts = path.join(temporary(), 'prompts.jsonl');
    // Longer than the model's context: refused.
    writeFileSync(prompts, `${JSON.stringify({ prompt: 'word '.repeat(3000) })}\n`);
    const { status, stdout } = await qe(
      'benchmark',
      'q8',
      ...QUICK,
      ...['--concurrency', '2', '--prompts', prompts, '--warm-up', '0', '--json'],
    );
    expect(status).toBe(2);
    expect(JSON.parse(stdout).findings[0]).toMatchObject({ rule: 'ENDPOINT_DOES_NOT_STREAM', got: 'ModelError' });
  });

  test.each([
    [['nowhere'], 'ENDPOINT_NOT_FOUND'],
    [['q8', '--requests', '0'], 'OPTION_NOT_A_NUMBER'],
    [['q8', '--concurrency', '1,x'], 'OPTION_NOT_A_NUMBER'],
    [['q8', '--concurrency', ''], 'OPTION_NOT_A_NUMBER'],
    [['q8', '--rate', '-1'], 'OPTION_NOT_A_NUMBER'],
    [['q8', '--managed', 's3://bucket/'], 'OPTION_MISSING'],
    [['q8', '--managed', 'bucket', '--role', 'r'], 'OPTION_NOT_AN_ADDRESS'],
    [['q8', '--prompts', '/nonexistent'], 'INPUT_UNREADABLE'],
    [['q8', '--quality', '/nonexistent'], 'INPUT_UNREADABLE'],
    [['q8', ...QUICK, '--concurrency', '1', '--quality', PROMPTS], 'QUALITY_WITHOUT_REFERENCE'],
  ])('%j is refused', async (args, rule) => {
    const { status, stdout } = await qe('benchmark', ...args, '--json');
    expect([status, JSON.parse(stdout).findings[0].rule]).toEqual([2, rule]);
  });

  test('lays SageMaker’s own benchmark of the same workload beside', async () => {
    const [role, without] = [
      await makeRole('benchmark', 'arn:aws:s3:::models/benchmarks/*'),
      await makeRole('without'),
    ];
    const page = path.join(temporary(), 'page.html');
    const { status, stdout } = await qe(
      'benchmark',
      'q8',
      ...QUICK,
      ...['--concurrency', '2', '--managed', 's3://models/benchmarks/', '--role', role, '--html', page, '--json'],
    );
    expect(status).toBe(0);
    const { managed } = JSON.parse(stdout) as BenchmarkReport;
    expect(managed).toMatchObject({ concurrency: 2, output: 's3://models/benchmarks/' });
    expect(managed!.result.requestsPerSecond).toBeGreaterThan(0);
    expect(managed!.result.timeToFirstTokenMs).toMatchObject({ count: 6 });
    expect(readFileSync(page, 'utf8')).toContain(managed!.jobName);
    const failed = await qe(
      'benchmark',
      'q8',
      ...QUICK,
      ...['--concurrency', '1', '--managed', 's3://models/benchmarks/', '--role', without, '--json'],
    );
    expect([failed.status, JSON.parse(failed.stdout).findings[0].rule]).toEqual([2, 'MANAGED_BENCHMARK_FAILED']);
  });

  test('writes the same workload for SageMaker’s own benchmark', async () => {
    const file = path.join(temporary(), 'workload.json');
    await qe('benchmark', 'q8', ...QUICK, '--concurrency', '1,2', '--workload-config', file, '--quiet');
    const config = JSON.parse(readFileSync(file, 'utf8'));
    expect(config.AIWorkloadConfigName).toBe('qe-q8-workload');
    expect(JSON.parse(config.AIWorkloadConfigs.WorkloadSpec.Inline).parameters).toMatchObject({
      concurrency: 2,
      request_count: 6,
      prompt_input_tokens_mean: 24,
      output_tokens_mean: 8,
    });
  });
});
