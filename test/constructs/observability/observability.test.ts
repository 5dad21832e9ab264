import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import {
  EndpointObservability,
  InstanceType,
  ModelSource,
  QuantizationScheme,
  QuantizedEndpoint,
  ServingContainer,
  type EndpointObservabilityProps,
  type QuantizedEndpointProps,
} from '../../../index';
import { QWEN_7B } from '../models';
import { errorsOf, makeEndpoint, makeFleetModel, messagesOf, resourceOf, testStack, warningsOf } from '../support';

interface AlarmProperties {
  readonly MetricName?: string;
  readonly Namespace?: string;
  readonly Threshold: number;
  readonly ExtendedStatistic?: string;
  readonly AlarmActions?: unknown[];
  readonly AlarmDescription: string;
}

function watched(props: Partial<EndpointObservabilityProps> = {}, endpointProps: Partial<QuantizedEndpointProps> = {}) {
  const stack = testStack();
  // Its own alarms are of the endpoint, and tested there.
  const endpoint = makeEndpoint(stack, { alarms: false, ...endpointProps });
  const alarmActions = [new SnsAction(new Topic(stack, 'OnCall'))];
  const observability = new EndpointObservability(stack, 'Watch', { endpoint, alarmActions, ...props });
  return { stack, endpoint, observability, template: Template.fromStack(stack) };
}

function alarmsOf(template: Template): Record<string, AlarmProperties> {
  const found = template.findResources('AWS::CloudWatch::Alarm') as Record<string, { Properties: AlarmProperties }>;
  return Object.fromEntries(
    Object.entries(found).map(([id, { Properties }]) => [/^Watch(\w+)Alarm/.exec(id)?.[1] ?? id, Properties]),
  );
}

/** All that a dashboard says, with the tokens in it taken for nothing. */
function dashboardOf(template: Template): { readonly text: string; readonly titles: readonly string[] } {
  const [{ Properties }] = Object.values(template.findResources('AWS::CloudWatch::Dashboard')) as {
    Properties: { DashboardBody: { 'Fn::Join': [string, unknown[]] } };
  }[];
  const text = Properties.DashboardBody['Fn::Join'][1]
    .map((part) => (typeof part === 'string' ? part : 'TOKEN'))
    .join('');
  const { widgets } = JSON.parse(text) as { widgets: { properties: { title?: string } }[] };
  return { text, titles: widgets.flatMap(({ properties: { title } }) => title ?? []) };
}

const llamaCpp = {
  model: ModelSource.localDirectory('examples/models/gutenberg-3m-Q8_0', {
    configPath: 'examples/models/gutenberg-3m/config.json',
  }),
  quantization: QuantizationScheme.gguf('Q8_0'),
  container: ServingContainer.llamaCpp(),
  instanceType: InstanceType.of('ml.c7i.xlarge'),
  maxModelLen: 512,
};

describe('a planned endpoint', () => {
  const { stack, template } = watched();
  const alarms = alarmsOf(template);

  test('has nothing to report', () => {
    expect(errorsOf(stack)).toEqual([]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('has an alarm for each way to be worse than planned', () => {
    expect(Object.keys(alarms).sort()).toEqual([
      'BrokenStreams',
      'Failed',
      'FirstToken',
      'GpuMemory',
      'InterToken',
      'KvCache',
      'Queue',
    ]);
  });

  test('has no alarm without an action', () => {
    for (const { AlarmActions } of Object.values(alarms)) expect(AlarmActions).toHaveLength(1);
  });

  test('says in every alarm what its limit is', () => {
    for (const { AlarmDescription } of Object.values(alarms)) expect(AlarmDescription.length).toBeGreaterThan(15);
    expect(alarms.InterToken.AlarmDescription).toMatch(
      /^A token takes more than [\d.]+ ms; with a full batch [\d.]+ ms are planned$/,
    );
  });

  test('takes what the engine logs from its log, and the rest from SageMaker', () => {
    expect([alarms.InterToken, alarms.KvCache, alarms.Queue].map(({ Namespace }) => Namespace)).toEqual(
      Array(3).fill('QuantizedEndpoints'),
    );
    expect(alarms.FirstToken).toMatchObject({ Namespace: 'AWS/SageMaker', MetricName: 'FirstChunkLatency' });
    expect(alarms.GpuMemory).toMatchObject({
      Namespace: '/aws/sagemaker/Endpoints',
      MetricName: 'GPUMemoryUtilization',
    });
  });

  test('judges the time between tokens by a low percentile, for an average over idle time is too long', () => {
    expect(alarms.InterToken.ExtendedStatistic).toBe('p10');
  });

  test('shows everything that one asks of it', () => {
    expect(dashboardOf(template).titles).toEqual([
      'Alarms',
      'Time to first token, ms',
      'Time of an answer, ms',
      'Requests a second',
      'Requests at once',
      'Errors',
      'Share of failed requests',
      'Time between tokens, ms',
      'Answer tokens a second',
      'Queue of an instance',
      'KV cache taken, per cent',
      'Prompt tokens a second of an instance',
      'GPU, per cent, all GPUs added up',
      'GPU memory, per cent, all GPUs added up',
      'Host, per cent',
      'Instances',
      'Cost, USD an hour',
    ]);
  });

  test('shows the plan beside it', () => {
    const { text } = dashboardOf(template);
    expect(text).toMatch(/Planned, with a full batch: \d+ requests at once an instance · first token \d+ ms/);
    expect(text).toContain('planned with a full batch');
  });

  test('has its log read, by a function that may do nothing else', () => {
    template.hasResourceProperties('Custom::QuantizedEndpointLogSubscription', {
      LogGroupName: { 'Fn::Join': ['', ['/aws/sagemaker/Endpoints/', Match.anyValue()]] },
    });
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Principal: 'logs.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Effect: 'Allow',
            Action: 'cloudwatch:PutMetricData',
            Resource: '*',
            Condition: { StringEquals: { 'cloudwatch:namespace': 'QuantizedEndpoints' } },
          },
        ]),
      },
    });
  });
});

describe('limits', () => {
  test('stand at three times what is planned with a full batch', () => {
    const { template } = watched();
    const planned = Number(/with a full batch ([\d.]+) ms/.exec(alarmsOf(template).InterToken.AlarmDescription)![1]);
    expect(alarmsOf(template).InterToken.Threshold / planned).toBeCloseTo(3, 1);
  });

  test('of the first token are in microseconds, as the metric is, and never below a second', () => {
    const { template } = watched({}, { maxConcurrency: 1, maxModelLen: 2_048 });
    expect(alarmsOf(template).FirstToken.Threshold).toBeGreaterThanOrEqual(1_000_000);
  });

  test('can be set', () => {
    const { template } = watched({
      maxTimeToFirstToken: Duration.seconds(2),
      maxInterTokenTime: Duration.millis(40),
    });
    const { FirstToken, InterToken } = alarmsOf(template);
    expect([FirstToken.Threshold, InterToken.Threshold]).toEqual([2_000_000, 40]);
  });

  test('of a queue is a whole batch more', () => {
    expect(alarmsOf(watched({}, { maxConcurrency: 6 }).template).Queue.Threshold).toBe(6);
  });

  test('of GPU memory follows the number of GPUs, and leaves room for the plan’s error', () => {
    const { template } = watched({}, { instanceType: InstanceType.of('ml.g6.12xlarge'), tensorParallelSize: 4 });
    const { Threshold } = alarmsOf(template).GpuMemory;
    expect(Threshold).toBeGreaterThan(340);
    expect(Threshold).toBeLessThanOrEqual(392);
  });
});

test('without an action there is a dashboard and a warning, and no alarm', () => {
  const { stack, template } = watched({ alarmActions: [] });
  expect(warningsOf(stack)).toEqual(['ALARMS_WITHOUT_ACTION']);
  expect(alarmsOf(template)).toEqual({});
  template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
});

test('without the engine’s metrics nothing reads the log, and nothing watches what only it tells', () => {
  const { template } = watched({ engineMetrics: false });
  template.resourceCountIs('AWS::Lambda::Function', 0);
  expect(Object.keys(alarmsOf(template)).sort()).toEqual(['BrokenStreams', 'Failed', 'FirstToken', 'GpuMemory']);
  expect(dashboardOf(template).titles).not.toContain('KV cache taken, per cent');
});

test('llama.cpp on a CPU has no graph of what it does not tell', () => {
  const { template } = watched({}, llamaCpp);
  const { titles } = dashboardOf(template);
  expect(titles).toContain('Prompt tokens a minute');
  for (const title of ['Queue of an instance', 'KV cache taken, per cent', 'GPU, per cent, all GPUs added up'])
    expect(titles).not.toContain(title);
  expect(Object.keys(alarmsOf(template)).filter((id) => /Queue|KvCache|GpuMemory/.test(id))).toEqual([]);
});

test('an endpoint that scales to zero is watched by its component', () => {
  const { stack, template, endpoint } = watched({}, { minInstanceCount: 0, maxInstanceCount: 2 });
  const alarm = alarmsOf(template).InterToken as unknown as { Dimensions: object[] };
  expect(alarm.Dimensions).toEqual([{ Name: 'InferenceComponentName', Value: endpoint.inferenceComponentName }]);
  expect(resourceOf(stack, 'Custom::QuantizedEndpointLogSubscription').LogGroupName).toBe(
    `/aws/sagemaker/InferenceComponents/${endpoint.inferenceComponentName}`,
  );
});

test('the log is kept as long as asked', () => {
  watched({ logRetention: RetentionDays.ONE_MONTH }).template.hasResourceProperties(
    'Custom::QuantizedEndpointLogSubscription',
    { RetentionInDays: 30 },
  );
});

describe('cost', () => {
  const usdPerHour = watched().endpoint.plan.usdPerHour!;

  test('has an alarm where scaling can exceed it', () => {
    const { template, stack } = watched({ maxHourlyCost: usdPerHour * 2.5 }, { maxInstanceCount: 4 });
    expect(warningsOf(stack)).toEqual([]);
    expect(alarmsOf(template).Cost.Threshold).toBeCloseTo(usdPerHour * 2.5);
  });

  test('that the fewest instances exceed is refused', () => {
    expect(errorsOf(watched({ maxHourlyCost: usdPerHour / 2 }).stack)).toEqual(['HOURLY_COST_EXCEEDED']);
  });

  test('that nothing can reach has no alarm, and says so', () => {
    const { stack, template } = watched({ maxHourlyCost: 1_000 });
    expect(warningsOf(stack)).toEqual(['HOURLY_COST_NEVER_REACHED']);
    expect(alarmsOf(template)).not.toHaveProperty('Cost');
  });

  test('of an unknown price cannot be watched', () => {
    const stack = testStack({});
    const endpoint = makeEndpoint(stack, { alarms: false });
    const alarmActions = [new SnsAction(new Topic(stack, 'OnCall'))];
    new EndpointObservability(stack, 'Watch', { endpoint, alarmActions, maxHourlyCost: 10 });
    expect(messagesOf(stack, 'warning').join()).toContain('HOURLY_COST_UNKNOWN');
  });
});

describe('an endpoint made elsewhere', () => {
  function imported(props: Partial<EndpointObservabilityProps> = {}) {
    const stack = testStack();
    const endpoint = QuantizedEndpoint.fromEndpointName(stack, 'Chat', 'chat');
    const alarmActions = [new SnsAction(new Topic(stack, 'OnCall'))];
    new EndpointObservability(stack, 'Watch', { endpoint, alarmActions, ...props });
    return { stack, template: Template.fromStack(stack) };
  }

  test('has the alarms that need no plan, and says what is missing', () => {
    const { stack, template } = imported();
    expect(warningsOf(stack)).toEqual(['NOTHING_PLANNED_TO_WATCH']);
    expect(Object.keys(alarmsOf(template)).sort()).toEqual(['BrokenStreams', 'Failed', 'KvCache']);
  });

  test('has alarms on latency with limits', () => {
    const { stack, template } = imported({
      maxTimeToFirstToken: Duration.seconds(1),
      maxInterTokenTime: Duration.millis(50),
    });
    expect(warningsOf(stack)).toEqual([]);
    expect(Object.keys(alarmsOf(template))).toEqual(expect.arrayContaining(['FirstToken', 'InterToken']));
  });
});

test('fails with a margin that is below what is planned', () => {
  expect(errorsOf(watched({ latencyMargin: 0.9 }).stack)).toEqual(['LATENCY_MARGIN_OUT_OF_RANGE']);
});

test('the metrics can be used elsewhere', () => {
  const { observability, stack } = watched(
    {},
    {
      model: ModelSource.huggingFace('Qwen/Qwen2.5-7B', {
        revision: 'b25037543e9394b818fdfca67ab2a00ecc7dd641',
        config: QWEN_7B,
      }),
    },
  );
  const { metricName, statistic, namespace } = stack.resolve(observability.metricInterTokenLatency()) as {
    metricName: string;
    statistic: string;
    namespace: string;
  };
  expect({ metricName, statistic, namespace }).toEqual({
    metricName: 'InterTokenLatency',
    statistic: 'p10',
    namespace: 'QuantizedEndpoints',
  });
});

describe('a model in a fleet', () => {
  const stack = testStack();
  const endpoint = makeFleetModel(stack);
  const alarmActions = [new SnsAction(new Topic(stack, 'OnCall'))];
  new EndpointObservability(stack, 'Watch', { endpoint, alarmActions });
  const template = Template.fromStack(stack);

  test('is watched with its own plan', () => {
    expect(errorsOf(stack)).toEqual([]);
    expect(warningsOf(stack)).toEqual([]);
    expect(Object.keys(alarmsOf(template))).toEqual(
      expect.arrayContaining(['FirstToken', 'InterToken', 'Queue', 'KvCache', 'GpuMemory', 'Failed']),
    );
    expect(alarmsOf(template).Queue.AlarmDescription).toContain('than a copy answers at once');
    // Two GPUs of four: 200 % are all of a copy's memory.
    expect(alarmsOf(template).GpuMemory.Threshold).toBeGreaterThan(100);
    expect(alarmsOf(template).GpuMemory.Threshold).toBeLessThanOrEqual(196);
  });

  test('is shown by the copy, and costs its part of the instance', () => {
    const { text, titles } = dashboardOf(template);
    expect(titles).toEqual(expect.arrayContaining(['Copies', 'Requests at once, of a copy', 'Queue of a copy']));
    expect(titles).not.toContain('Instances');
    expect(text).toContain(`$${endpoint.plan.usdPerHour! / 2} an hour and copy`);
    expect(text).toContain(endpoint.inferenceComponentName);
    expect(text).not.toContain('VariantName');
  });

  test('has a log of its own', () => {
    expect(resourceOf(stack, 'Custom::QuantizedEndpointLogSubscription').LogGroupName).toBe(
      `/aws/sagemaker/InferenceComponents/${endpoint.inferenceComponentName}`,
    );
  });
});
