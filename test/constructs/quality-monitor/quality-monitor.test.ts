import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  InstanceType,
  QualityAlarm,
  QualityMonitor,
  QualityReference,
  QuantizedEndpoint,
  type QualityMonitorProps,
} from '../../../index';
import { errorsOf, hubModel, makeEndpoint, makeFleetModel, messagesOf, testStack, warningsOf } from '../support';

let folder: string;
beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'quality-monitor-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function promptFile(lines: readonly object[] | string, name = 'prompts.jsonl'): string {
  const file = path.join(folder, name);
  writeFileSync(file, typeof lines === 'string' ? lines : lines.map((line) => JSON.stringify(line)).join('\n'));
  return file;
}

const PROMPTS = Array.from({ length: 30 }, (_, i) => ({
  id: `p${i}`,
  category: i % 2 ? 'a' : 'b',
  prompt: `say ${i}`,
}));

function monitored(props: Partial<QualityMonitorProps> = {}): { stack: Stack; monitor: QualityMonitor } {
  const stack = testStack();
  const endpoint = props.endpoint ?? makeEndpoint(stack);
  const monitor = new QualityMonitor(stack, 'Quality', {
    endpoint,
    promptSet: promptFile(PROMPTS),
    reference: QualityReference.fromEndpoint(QuantizedEndpoint.fromEndpointName(stack, 'Full', 'full-precision')),
    ...props,
  });
  return { stack, monitor };
}

function settingsOf(stack: Stack): Record<string, unknown> {
  const functions = Template.fromStack(stack).findResources('AWS::Lambda::Function', {
    Properties: { Environment: { Variables: { MONITOR_SETTINGS: Match.anyValue() } } },
  });
  const written = Object.values(functions)[0].Properties.Environment.Variables.MONITOR_SETTINGS;
  const text =
    typeof written === 'string'
      ? written
      : (written['Fn::Join'][1] as unknown[]).map((part) => (typeof part === 'string' ? part : 'TOKEN')).join('');
  return JSON.parse(text);
}

function statementsOf(stack: Stack): { Action: string | string[]; Resource: unknown; Condition?: unknown }[] {
  const policies = Template.fromStack(stack).findResources('AWS::IAM::Policy');
  const [policy] = Object.entries(policies).filter(([id]) => id.startsWith('QualityPolicy'));
  return policy[1].Properties.PolicyDocument.Statement;
}

describe('QualityMonitor', () => {
  test('runs on its schedule and looks often whether the endpoint is being updated', () => {
    const { stack } = monitored({ schedule: Schedule.rate(Duration.hours(6)) });
    const template = Template.fromStack(stack);
    const input = (task: string) => [Match.objectLike({ Input: JSON.stringify({ task }) })];
    template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(6 hours)', Targets: input('run') });
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(5 minutes)',
      Targets: input('tick'),
    });
  });

  test('tells its function what was asked, with the defaults', () => {
    const { stack, monitor } = monitored();
    expect(settingsOf(stack)).toMatchObject({
      monitorName: monitor.monitorName,
      reference: { kind: 'endpoint', endpointName: 'full-precision' },
      promptsPerRun: 100,
      falseAlarmRate: 0.01,
      tolerance: 0.02,
      baselineId: '1',
      setId: expect.stringMatching(/^[0-9a-f]{16}-[0-9a-f]{8}$/),
    });
    expect(errorsOf(stack)).toEqual([]);
  });

  test('another prompt set or reference has another id, the same has the same', () => {
    const id = (props: Partial<QualityMonitorProps>) => settingsOf(monitored(props).stack).setId;
    expect(id({})).toBe(id({}));
    expect(id({ promptSet: promptFile([...PROMPTS, { prompt: 'more' }], 'more.jsonl') })).not.toBe(id({}));
    const stack = testStack();
    const other = QuantizedEndpoint.fromEndpointName(stack, 'Other', 'other-full-precision');
    expect(id({ reference: QualityReference.fromEndpoint(other) })).not.toBe(id({}));
  });

  test('may ask the two endpoints, write its own files and publish its own metrics, and nothing else', () => {
    const statements = statementsOf(monitored().stack);
    expect(statements.flatMap(({ Action }) => Action).sort()).toEqual([
      'cloudwatch:PutMetricData',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:GetObject',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      'sagemaker:DescribeEndpoint',
      'sagemaker:InvokeEndpoint',
    ]);
    expect(statements.find(({ Action }) => Action === 'cloudwatch:PutMetricData')).toMatchObject({
      Condition: { StringEquals: { 'cloudwatch:namespace': 'QuantizedEndpoints/Quality' } },
    });
    expect(statements.find(({ Action }) => Action === 's3:ListBucket')).toMatchObject({
      Condition: { StringLike: { 's3:prefix': expect.stringMatching(/^quality-monitor\/.+\/\*$/) } },
    });
  });

  test('the alarm keeps what was found until the next run, and can roll an update back', () => {
    const stack = testStack();
    const quality = new QualityAlarm(stack, 'QualityAlarm');
    const endpoint = makeEndpoint(stack, { rollbackAlarms: [quality.alarm] });
    const monitor = new QualityMonitor(stack, 'Quality', { ...base(stack), endpoint, alarm: quality });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'QuantizedEndpoints/Quality',
      MetricName: 'DriftDetected',
      Dimensions: [{ Name: 'Monitor', Value: monitor.monitorName }],
      TreatMissingData: 'ignore',
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
    const [id] = Object.keys(
      template.findResources('AWS::CloudWatch::Alarm', { Properties: { MetricName: 'DriftDetected' } }),
    );
    template.hasResourceProperties('AWS::SageMaker::Endpoint', {
      DeploymentConfig: { AutoRollbackConfiguration: { Alarms: Match.arrayWith([{ AlarmName: { Ref: id } }]) } },
    });
    expect(settingsOf(stack)).toMatchObject({ monitorName: quality.monitorName });
  });

  test('a temporary reference is planned and checked, and its endpoint is left to the function', () => {
    const { stack } = monitored({
      reference: QualityReference.temporaryEndpoint({
        model: hubModel(undefined, 'Qwen/Qwen2.5-7B-Instruct'),
        instanceType: InstanceType.G6_12XLARGE,
        maxModelLen: 4096,
      }),
    });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::SageMaker::Endpoint', 1);
    template.resourceCountIs('AWS::SageMaker::EndpointConfig', 2);
    expect(settingsOf(stack).reference).toMatchObject({ kind: 'temporary', endpointConfigName: 'TOKEN' });
    const actions = statementsOf(stack).flatMap(({ Action }) => Action);
    expect(actions).toEqual(expect.arrayContaining(['sagemaker:CreateEndpoint', 'sagemaker:DeleteEndpoint']));
    expect(errorsOf(stack)).toEqual([]);
  });

  test('captured traffic, a judge and embeddings bring their permissions', () => {
    const stack = testStack();
    const bucket = Bucket.fromBucketName(stack, 'Traffic', 'traffic');
    new QualityMonitor(stack, 'Quality', {
      ...base(stack),
      capturedTraffic: { bucket, prefix: 'chat/' },
      judgeModelId: 'us.anthropic.claude-sonnet-4-20250514-v1:0',
      embeddings: { bedrockModelId: 'amazon.titan-embed-text-v2:0' },
    });
    const statements = JSON.stringify(statementsOf(stack));
    expect(statements).toContain('traffic/chat/*');
    expect(statements).toContain('inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0');
    expect(statements).toContain('foundation-model/amazon.titan-embed-text-v2:0');
    expect(settingsOf(stack)).toMatchObject({
      capturedSamples: 20,
      captured: { bucket: 'traffic', prefix: 'chat/' },
      judgeModelId: 'us.anthropic.claude-sonnet-4-20250514-v1:0',
      embedding: { bedrockModelId: 'amazon.titan-embed-text-v2:0' },
    });
  });

  test.each<[string, Partial<QualityMonitorProps>]>([
    ['QUALITY_PROMPTS_OUT_OF_RANGE', { promptsPerRun: 0 }],
    ['QUALITY_PROMPTS_OUT_OF_RANGE', { promptsPerRun: 12.5 }],
    ['QUALITY_RATE_OUT_OF_RANGE', { falseAlarmRate: 0 }],
    ['QUALITY_RATE_OUT_OF_RANGE', { falseAlarmRate: 1 }],
    ['QUALITY_TOLERANCE_OUT_OF_RANGE', { tolerance: 0 }],
    ['QUALITY_TOLERANCE_OUT_OF_RANGE', { tolerance: 2 }],
    ['QUALITY_CONCURRENCY_OUT_OF_RANGE', { concurrency: 0 }],
    ['QUALITY_INTERVAL_OUT_OF_RANGE', { watchInterval: Duration.seconds(30) }],
    ['QUALITY_INTERVAL_OUT_OF_RANGE', { watchInterval: Duration.hours(2) }],
    ['QUALITY_EMBEDDINGS_UNCLEAR', { embeddings: {} }],
  ])('%s: %j', (rule, props) => {
    expect(errorsOf(monitored(props).stack)).toEqual([rule]);
  });

  test.each<[string, readonly object[] | string]>([
    ['PROMPT_SET_EMPTY', ''],
    ['PROMPT_SET_EMPTY', '\n'],
    ['PROMPT_SET_UNREADABLE', 'no JSON'],
    ['PROMPT_ID_REPEATED', [...PROMPTS, { id: 'p1', prompt: 'again' }]],
    ['QUALITY_PROMPT_TOO_LONG', [...PROMPTS, { prompt: 'long', maxTokens: 20_000 }]],
  ])('%s', (rule, lines) => {
    expect(errorsOf(monitored({ promptSet: promptFile(lines, 'bad.jsonl') }).stack)).toEqual([rule]);
  });

  test('a prompt set that is not there is an error of synth, with its path', () => {
    const { stack } = monitored({ promptSet: path.join(folder, 'nowhere.jsonl') });
    expect(errorsOf(stack)).toEqual(['PROMPT_SET_UNREADABLE']);
    expect(messagesOf(stack, 'error')[0]).toContain('nowhere.jsonl');
  });

  test('without a reference, every prompt needs an answer of its own', () => {
    expect(errorsOf(monitored({ reference: undefined }).stack)).toEqual(['QUALITY_REFERENCE_MISSING']);
    const answered = promptFile(
      PROMPTS.map((prompt) => ({ ...prompt, reference: 'This.' })),
      'answered.jsonl',
    );
    const { stack } = monitored({ reference: undefined, promptSet: answered });
    expect(errorsOf(stack)).toEqual([]);
    expect(settingsOf(stack).reference).toEqual({ kind: 'prompts' });
  });

  test('an endpoint is no reference for itself, and traffic needs one that stays', () => {
    const stack = testStack();
    const endpoint = makeEndpoint(stack);
    new QualityMonitor(stack, 'Quality', {
      ...base(stack),
      endpoint,
      reference: QualityReference.fromEndpoint(endpoint),
    });
    expect(errorsOf(stack)).toEqual(['QUALITY_REFERENCE_IS_ITSELF']);
    const other = testStack();
    new QualityMonitor(other, 'Quality', {
      ...base(other),
      promptSet: promptFile(
        PROMPTS.map((prompt) => ({ ...prompt, reference: 'This.' })),
        'answered.jsonl',
      ),
      reference: QualityReference.fromPromptSet(),
      capturedTraffic: { bucket: Bucket.fromBucketName(other, 'Traffic', 'traffic') },
    });
    expect(errorsOf(other)).toEqual(['QUALITY_TRAFFIC_WITHOUT_REFERENCE']);
  });

  test('few prompts are a warning', () => {
    const { stack } = monitored({ promptSet: promptFile([{ prompt: 'one' }], 'few.jsonl') });
    expect([errorsOf(stack), warningsOf(stack)]).toEqual([[], expect.arrayContaining(['QUALITY_PROMPT_SET_SMALL'])]);
  });

  test('metrics have the monitor’s name, and the category’s', () => {
    const { stack, monitor } = monitored();
    const dimensions = (metric: unknown) => (stack.resolve(metric) as { dimensions: object }).dimensions;
    expect(dimensions(monitor.metricDriftEvidence())).toEqual({ Monitor: monitor.monitorName });
    expect(dimensions(monitor.metricMeanKl('a'))).toEqual({ Monitor: monitor.monitorName, Category: 'a' });
    expect(dimensions(monitor.metricSimilarity())).toEqual({ Monitor: monitor.monitorName });
  });
});

function base(stack: Stack): QualityMonitorProps {
  return {
    endpoint: QuantizedEndpoint.fromEndpointName(stack, 'Endpoint', 'quantized'),
    promptSet: promptFile(PROMPTS),
    reference: QualityReference.fromEndpoint(QuantizedEndpoint.fromEndpointName(stack, 'Full', 'full-precision')),
  };
}

describe('a monitor of a model in a fleet', () => {
  test('asks its component, and sees by it when the model is updated', () => {
    const stack = testStack();
    const endpoint = makeFleetModel(stack);
    const reference = QualityReference.fromEndpoint(
      QuantizedEndpoint.fromEndpointName(stack, 'Full', 'full-precision'),
    );
    new QualityMonitor(stack, 'Quality', { endpoint, promptSet: promptFile(PROMPTS), reference });
    expect(errorsOf(stack)).toEqual([]);
    expect(settingsOf(stack)).toMatchObject({ inferenceComponentName: endpoint.inferenceComponentName });
    const allowed = (action: string) =>
      statementsOf(stack)
        .filter(({ Action }) => [Action].flat().includes(action))
        .map(({ Resource }) => JSON.stringify(Resource));
    for (const action of ['sagemaker:InvokeEndpoint', 'sagemaker:DescribeInferenceComponent'])
      expect(allowed(action).join()).toContain(`inference-component/${endpoint.inferenceComponentName}`);
  });

  test('may be the reference, too', () => {
    const stack = testStack();
    const full = makeFleetModel(stack);
    monitoredBy(stack, QualityReference.fromEndpoint(full));
    expect(settingsOf(stack)).toMatchObject({
      reference: { kind: 'endpoint', inferenceComponentName: full.inferenceComponentName },
    });
  });

  function monitoredBy(stack: Stack, reference: QualityReference): void {
    new QualityMonitor(stack, 'Quality', {
      endpoint: makeEndpoint(stack, {}, 'Other'),
      promptSet: promptFile(PROMPTS),
      reference,
    });
  }
});
