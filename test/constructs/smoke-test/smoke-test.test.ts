import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  QuantizedEndpoint,
  SmokeTest,
  SmokeTestFormat,
  type QuantizedEndpointProps,
  type SmokeTestProps,
} from '../../../index';
import { errorsOf, makeEndpoint, makeFleetModel, resourceOf, testStack, warningsOf } from '../support';

const TEST = 'Custom::QuantizedEndpointSmokeTest';

function tested(props: Partial<SmokeTestProps> = {}, endpointProps: Partial<QuantizedEndpointProps> = {}) {
  const stack = testStack();
  const endpoint = makeEndpoint(stack, endpointProps);
  new SmokeTest(stack, 'SmokeTest', { endpoint, ...props });
  return { stack, endpoint };
}

function settingsOf(stack: ReturnType<typeof testStack>): Record<string, unknown> {
  return JSON.parse(resourceOf(stack, TEST).Settings as string) as Record<string, unknown>;
}

describe('a smoke test with only an endpoint', () => {
  const { stack, endpoint } = tested();
  const template = Template.fromStack(stack);

  test('has nothing to report', () => {
    expect(errorsOf(stack)).toEqual([]);
    expect(warningsOf(stack)).toEqual([]);
  });

  test('asks several short questions', () => {
    const { prompts, maxTokens, format, streaming } = settingsOf(stack);
    expect(prompts).toHaveLength(3);
    expect({ maxTokens, format, streaming }).toEqual({ maxTokens: 48, format: 'chat', streaming: true });
  });

  test('takes five times the planned time, and two seconds for the network', () => {
    const { maxFirstTokenMs, maxInterTokenMs } = settingsOf(stack);
    expect(maxFirstTokenMs).toBeCloseTo(endpoint.plan.timeToFirstTokenMs! * 5 + 2_000);
    expect(maxInterTokenMs).toBeCloseTo(endpoint.plan.interTokenMs! * 5);
  });

  test('runs again with every model and every configuration', () => {
    const [config] = Object.keys(template.findResources('AWS::SageMaker::EndpointConfig'));
    const [model] = Object.keys(template.findResources('AWS::SageMaker::Model'));
    expect(resourceOf(stack, TEST).Triggers).toEqual({
      'Fn::Join': ['', [{ 'Fn::GetAtt': [config, 'EndpointConfigName'] }, ' ', { 'Fn::GetAtt': [model, 'ModelName'] }]],
    });
  });

  test('runs when the endpoint stands', () => {
    const [made] = Object.values(template.findResources(TEST)) as { Properties: { EndpointName: object } }[];
    const [id] = Object.keys(template.findResources('AWS::SageMaker::Endpoint'));
    expect(made.Properties.EndpointName).toEqual({ 'Fn::GetAtt': [id, 'EndpointName'] });
  });

  test('may invoke this endpoint and no other', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Effect: 'Allow',
            Action: ['sagemaker:InvokeEndpoint', 'sagemaker:InvokeEndpointWithResponseStream'],
            Resource: { Ref: Match.stringLikeRegexp('^Chat') },
          },
        ]),
      },
    });
  });

  test('is not waited for longer than it can take', () => {
    expect(Number(resourceOf(stack, TEST).ServiceTimeout)).toBe(960);
    template.hasResourceProperties('AWS::Lambda::Function', { Timeout: 900 });
  });
});

test('asks the component of an endpoint that scales to zero', () => {
  const { stack, endpoint } = tested({}, { minInstanceCount: 0, maxInstanceCount: 1 });
  expect(endpoint.inferenceComponentName).toBeDefined();
  expect(resourceOf(stack, TEST).InferenceComponentName).toBe(endpoint.inferenceComponentName);
  const template = Template.fromStack(stack);
  const [component] = Object.keys(template.findResources('AWS::SageMaker::InferenceComponent'));
  const [made] = Object.values(template.findResources(TEST)) as { DependsOn: string[] }[];
  expect(made.DependsOn).toContain(component);
});

test('says to other resources what it measured', () => {
  const stack = testStack();
  const made = new SmokeTest(stack, 'SmokeTest', { endpoint: makeEndpoint(stack) });
  expect(stack.resolve([made.firstTokenMilliseconds, made.interTokenMilliseconds])).toEqual([
    { 'Fn::GetAtt': [expect.stringMatching(/^SmokeTest/), 'FirstTokenMilliseconds'] },
    { 'Fn::GetAtt': [expect.stringMatching(/^SmokeTest/), 'InterTokenMilliseconds'] },
  ]);
});

test('keeps to the limits and the form that it is given', () => {
  const { stack } = tested({
    prompts: [{ text: 'What is the capital of France?', contains: 'Paris' }],
    format: SmokeTestFormat.COMPLETIONS,
    maxTokens: 8,
    maxTimeToFirstToken: Duration.seconds(1),
    maxInterTokenTime: Duration.millis(50),
    triggers: ['v2'],
  });
  expect(settingsOf(stack)).toEqual({
    prompts: [{ text: 'What is the capital of France?', contains: 'Paris' }],
    format: 'completions',
    maxTokens: 8,
    streaming: true,
    maxFirstTokenMs: 1_000,
    maxInterTokenMs: 50,
  });
});

test('of an endpoint made elsewhere says that it runs once, and that nothing is too slow', () => {
  const stack = testStack();
  const endpoint = QuantizedEndpoint.fromEndpointName(stack, 'Chat', 'chat');
  new SmokeTest(stack, 'SmokeTest', { endpoint });
  expect(warningsOf(stack).sort()).toEqual(['SMOKE_TEST_RUNS_ONCE', 'SMOKE_TEST_SPEED_NOT_LIMITED']);
});

test('of an endpoint made elsewhere has nothing to say where both are given', () => {
  const stack = testStack();
  const endpoint = QuantizedEndpoint.fromEndpointName(stack, 'Chat', 'chat');
  new SmokeTest(stack, 'SmokeTest', { endpoint, triggers: ['1'], maxInterTokenTime: Duration.millis(50) });
  expect(warningsOf(stack)).toEqual([]);
});

describe('fails', () => {
  test.each<[string, Partial<SmokeTestProps>, string]>([
    ['without a prompt', { prompts: [] }, 'SMOKE_TEST_PROMPTS_OUT_OF_RANGE'],
    ['with too many', { prompts: Array(21).fill({ text: 'Hello' }) }, 'SMOKE_TEST_PROMPTS_OUT_OF_RANGE'],
    ['with an empty prompt', { prompts: [{ text: ' ' }] }, 'SMOKE_TEST_PROMPT_EMPTY'],
    ['with an empty expectation', { prompts: [{ text: 'Hello', contains: '' }] }, 'SMOKE_TEST_PROMPT_EMPTY'],
    ['with one token', { maxTokens: 1 }, 'SMOKE_TEST_TOKENS_OUT_OF_RANGE'],
    ['with more tokens than a minute has', { maxTokens: 5_000 }, 'SMOKE_TEST_TOKENS_OUT_OF_RANGE'],
    ['with half a token', { maxTokens: 2.5 }, 'SMOKE_TEST_TOKENS_OUT_OF_RANGE'],
    ['with a factor below one', { speedFactor: 0.5 }, 'SMOKE_TEST_SPEED_FACTOR_OUT_OF_RANGE'],
    ['with a factor that is no number', { speedFactor: NaN }, 'SMOKE_TEST_SPEED_FACTOR_OUT_OF_RANGE'],
    [
      'with limits on what is not measured',
      { streaming: false, maxInterTokenTime: Duration.millis(5) },
      'SMOKE_TEST_SPEED_NOT_MEASURED',
    ],
  ])('%s', (_, props, rule) => {
    expect(errorsOf(tested(props).stack)).toEqual([rule]);
  });

  test('with an answer longer than the context', () => {
    expect(errorsOf(tested({ maxTokens: 1_024 }, { maxModelLen: 1_024 }).stack)).toEqual([
      'SMOKE_TEST_TOKENS_OUT_OF_RANGE',
    ]);
  });

  test('for an asynchronous endpoint', () => {
    const stack = testStack();
    const asyncInference = { bucket: new Bucket(stack, 'Answers') };
    new SmokeTest(stack, 'SmokeTest', { endpoint: makeEndpoint(stack, { asyncInference }) });
    expect(errorsOf(stack)).toContain('SMOKE_TEST_OF_ASYNC_ENDPOINT');
  });
});

describe('a smoke test of a model in a fleet', () => {
  const stack = testStack();
  const endpoint = makeFleetModel(stack);
  new SmokeTest(stack, 'SmokeTest', { endpoint });
  const template = Template.fromStack(stack);

  test('needs nothing but the model', () => {
    expect(errorsOf(stack)).toEqual([]);
    expect(warningsOf(stack)).toEqual([]);
    expect(resourceOf(stack, TEST).InferenceComponentName).toBe(endpoint.inferenceComponentName);
  });

  test('takes its limits from the plan of a copy', () => {
    const { maxFirstTokenMs, maxInterTokenMs } = settingsOf(stack);
    expect(maxFirstTokenMs).toBeCloseTo(endpoint.plan.timeToFirstTokenMs! * 5 + 2_000);
    expect(maxInterTokenMs).toBeCloseTo(endpoint.plan.interTokenMs! * 5);
  });

  test('runs when the copies stand, and again with every model and every configuration of the fleet', () => {
    const idOf = (type: string) => Object.keys(template.findResources(type))[0];
    const [made] = Object.values(template.findResources(TEST)) as { DependsOn: string[] }[];
    expect(made.DependsOn).toContain(idOf('AWS::SageMaker::InferenceComponent'));
    expect(resourceOf(stack, TEST).Triggers).toEqual({
      'Fn::Join': [
        '',
        [
          { 'Fn::GetAtt': [idOf('AWS::SageMaker::EndpointConfig'), 'EndpointConfigName'] },
          ' ',
          { 'Fn::GetAtt': [idOf('AWS::SageMaker::Model'), 'ModelName'] },
        ],
      ],
    });
  });
});
