import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Function as LambdaFunction, FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda';
import {
  EscalationReason,
  InstanceType,
  QuantizedEndpoint,
  Tier,
  TierClassifier,
  TieredEndpoints,
  type TieredEndpointsProps,
} from '../../../index';
import BUILT_IN from '../../../lib/route/data/tier-weights.json';
import { ENV, errorsOf, makeEndpoint, makeFleetModel, messagesOf, resourceOf, testStack, warningsOf } from '../support';

let scratch: string;
beforeAll(() => (scratch = mkdtempSync(path.join(tmpdir(), 'tiers-'))));
afterAll(() => rmSync(scratch, { recursive: true }));

const byName = (name: string) => Tier.endpointName(name, `${name}-endpoint`);
const TWO = () => [byName('fast'), byName('quality')];

function made(props: Partial<TieredEndpointsProps> = {}): { stack: Stack; router: TieredEndpoints } {
  const stack = testStack();
  return { stack, router: new TieredEndpoints(stack, 'Router', { tiers: TWO(), ...props }) };
}

const errors = (props: Partial<TieredEndpointsProps>) => errorsOf(made(props).stack);
const warnings = (props: Partial<TieredEndpointsProps>) => warningsOf(made(props).stack);

function configOf(stack: Stack) {
  const { Environment } = resourceOf(stack, 'AWS::Lambda::Function') as {
    Environment: { Variables: { ROUTER_CONFIG: unknown } };
  };
  const { ROUTER_CONFIG: text } = Environment.Variables;
  return JSON.parse(typeof text === 'string' ? text : JSON.stringify(text));
}

/** A weights file with this many boundaries, as `qe route calibrate` writes one. */
function weightsFile(tiers: readonly string[], name = 'weights.json'): string {
  const file = path.join(scratch, name);
  const boundaries = tiers.slice(1).map(() => BUILT_IN.boundaries[0]);
  writeFileSync(file, JSON.stringify({ ...BUILT_IN, boundaries, provenance: { ...BUILT_IN.provenance, tiers } }));
  return file;
}

describe('a router', () => {
  test('is a function that streams, behind a URL that wants signed requests', () => {
    const { stack } = made();
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Url', {
      AuthType: 'AWS_IAM',
      InvokeMode: 'RESPONSE_STREAM',
    });
    expect(resourceOf(stack, 'AWS::Lambda::Function')).toMatchObject({
      Handler: 'index.handler',
      TracingConfig: { Mode: 'Active' },
      Timeout: 300,
    });
  });

  test('may ask its tiers, and nothing else', () => {
    const { stack } = made();
    const statements = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')).flatMap(
      ({ Properties }) => Properties.PolicyDocument.Statement as { Action: string | string[]; Resource: unknown }[],
    );
    const invoking = statements.filter(({ Action }) => JSON.stringify(Action).includes('sagemaker:'));
    expect(invoking.map(({ Action }) => Action)).toEqual([
      ['sagemaker:InvokeEndpoint', 'sagemaker:InvokeEndpointWithResponseStream'],
      ['sagemaker:InvokeEndpoint', 'sagemaker:InvokeEndpointWithResponseStream'],
    ]);
    expect(JSON.stringify(invoking[0].Resource)).toContain(':endpoint/fast-endpoint');
    expect(statements.filter(({ Resource }) => Resource === '*').map(({ Action }) => Action)).toEqual([
      expect.arrayContaining(['xray:PutTelemetryRecords', 'xray:PutTraceSegments']),
    ]);
  });

  test('lets those send requests who are granted it', () => {
    const { stack, router } = made();
    router.grantInvoke(new Role(stack, 'Application', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') }));
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'lambda:InvokeFunctionUrl' })]) },
    });
  });

  test('is told its tiers, its thresholds and its limits', () => {
    const { stack } = made({
      limits: { bodyBytes: 1000 },
      escalation: { on: [EscalationReason.REFUSAL], judgedShare: 0.05 },
      tiers: [Tier.endpointName('fast', 'a', { firstTokenTimeout: Duration.seconds(3) }), byName('quality')],
    });
    expect(configOf(stack)).toMatchObject({
      modelName: 'auto',
      tiers: [
        { name: 'fast', backend: { kind: 'sagemaker', endpointName: 'a' }, firstTokenTimeoutMs: 3000 },
        { name: 'quality' },
      ],
      boundaries: [{ threshold: BUILT_IN.boundaries[0].threshold }],
      escalation: { on: ['refusal'], judged: { share: 0.05, burst: 10 } },
      limits: { bodyBytes: 1000, messages: 1000 },
    });
  });

  test('knows of endpoints that this app makes their names, contexts and prices', () => {
    const stack = testStack();
    new TieredEndpoints(stack, 'Router', {
      tiers: [
        Tier.endpoint('fast', makeEndpoint(stack, {}, 'Small')),
        Tier.endpoint('quality', makeEndpoint(stack, { instanceType: InstanceType.of('ml.g5.12xlarge') }, 'Large')),
      ],
    });
    const text = JSON.stringify(resourceOf(stack, 'AWS::Lambda::Function'));
    expect(text).toContain('contextTokens\\":16384');
    expect(text).toContain('outputUsdPerMillionTokens');
    expect(text).toMatch(/"Fn::GetAtt":\["Small[^"]*","EndpointName"\]/);
  });

  test('may have a model of Bedrock as a tier, in several regions with the reason for it', () => {
    const { stack } = made({
      tiers: [byName('fast'), Tier.bedrock('frontier', 'us.anthropic.claude-sonnet-4-20250514-v1:0')],
    });
    const text = JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
    expect(text).toContain('bedrock:InvokeModelWithResponseStream');
    expect(text).toContain(':inference-profile/us.anthropic.claude');
    expect(text).toContain(':bedrock:*::foundation-model/anthropic.claude');
    expect(configOf(stack).tiers[1].backend).toMatchObject({ kind: 'bedrock' });
  });

  test('may have a classifier of the user’s own, which it may call', () => {
    const stack = testStack();
    const mine = LambdaFunction.fromFunctionAttributes(stack, 'Mine', {
      functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:mine',
      sameEnvironment: true,
    });
    new TieredEndpoints(stack, 'Router', { tiers: TWO(), classifier: TierClassifier.fromFunction(mine) });
    expect(configOf(stack).classifier).toEqual({ functionName: 'mine', timeoutMs: 300 });
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'))).toContain('function:mine');
    expect(warningsOf(stack)).toEqual([]);
  });

  test('has metrics for each tier, under the names that it writes', () => {
    const { router } = made();
    expect(router.metricRequests('fast').toMetricConfig().metricStat).toMatchObject({
      namespace: 'QuantizedEndpoints/Router',
      metricName: 'Requests',
      statistic: 'Sum',
      dimensions: [
        { name: 'Router', value: expect.stringContaining('Router') },
        { name: 'Tier', value: 'fast' },
      ],
    });
    expect(router.metricFirstToken().toMetricConfig().metricStat).toMatchObject({ statistic: 'p90' });
    expect(() => router.metricRequests('qualty')).toThrow(
      expect.objectContaining({ id: 'TIER_UNKNOWN', allowed: 'fast, quality', fix: 'use quality' }),
    );
  });
});

describe('shares', () => {
  test('make the thresholds, by the examples that the weights were fitted to', () => {
    const thresholds = (shares: number[]) =>
      configOf(made({ shares }).stack).boundaries.map(({ threshold }: { threshold: number }) => threshold);
    expect(thresholds([0.9, 0.1])[0]).toBeGreaterThan(thresholds([0.5, 0.5])[0]);
    expect(thresholds([1, 0])[0]).toBeGreaterThan(1);
  });

  test('of more than two tiers come from weights of one boundary as well', () => {
    const { stack } = made({ tiers: [byName('s'), byName('m'), byName('l')], shares: [0.5, 0.3, 0.2] });
    const [first, second] = configOf(stack).boundaries;
    expect(second.threshold).toBeGreaterThan(first.threshold);
  });
});

describe('the cost of the tiers', () => {
  const pair = () => {
    const app = new App({
      context: { 'cdk-quantized-endpoints:lockFile': '/nowhere/lock.json' },
      outdir: path.join(scratch, 'out'),
    });
    const stack = new Stack(app, 'Test', { env: ENV });
    const tiers = [
      Tier.endpoint('fast', makeEndpoint(stack, {}, 'Small')),
      Tier.endpoint(
        'quality',
        makeEndpoint(stack, { instanceType: InstanceType.of('ml.g5.12xlarge'), tensorParallelSize: 4 }, 'Large'),
      ),
    ];
    new TieredEndpoints(stack, 'Router', { tiers, shares: [0.8, 0.2] });
    return { app, stack };
  };

  test('is said at synth beside the largest alone, and lies in the assembly', () => {
    const { app, stack } = pair();
    expect(messagesOf(stack, 'info').filter((text) => text.includes('alone'))).toEqual([
      expect.stringMatching(
        /^requests fast 80 %, quality 20 % \(as asked\): \$[\d,]+ a month for up to [\d,]+ tokens\/s; quality alone \(\d+ instances?\) for the same: \$[\d,]+ a month$/,
      ),
    ]);
    app.synth();
    const folder = path.join(scratch, 'out');
    const file = readdirSync(folder).find((name) => name.endsWith('.tiers.json'))!;
    const artefact = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
    const { comparison, tiers } = artefact;
    // What one tier is full at limits both.
    const limits = tiers.map(
      (tier: { outputTokensPerSecond: number; share: number }) => tier.outputTokensPerSecond / tier.share,
    );
    expect(comparison.outputTokensPerSecond).toBeCloseTo(Math.min(...limits), 6);
    expect(comparison.usdPerMonth).toBeCloseTo((tiers[0].usdPerHour + tiers[1].usdPerHour) * 730, 4);
    expect(comparison.largestAlone.instances).toBe(
      Math.ceil(comparison.outputTokensPerSecond / tiers[1].outputTokensPerSecond),
    );
  });

  test('is not guessed where a price or a speed is not known', () => {
    expect(messagesOf(made().stack, 'info')).toEqual([expect.stringContaining('is not known')]);
  });
});

describe('what cannot work is an error at synth', () => {
  test.each<[string, string, () => Partial<TieredEndpointsProps>]>([
    ['a single tier', 'TIERS_TOO_FEW', () => ({ tiers: [byName('fast')] })],
    ['a name for no metric', 'TIER_NAME_INVALID', () => ({ tiers: [byName('fast one'), byName('quality')] })],
    ['a name that is taken', 'TIER_NAME_TAKEN', () => ({ tiers: [byName('a'), Tier.endpointName('a', 'other')] })],
    ['the router’s own name', 'TIER_NAME_TAKEN', () => ({ modelName: 'fast' })],
    [
      'an endpoint twice',
      'TIER_REPEATED',
      () => ({ tiers: [Tier.endpointName('a', 'x'), Tier.endpointName('b', 'x')] }),
    ],
    ['shares of another number', 'TIER_SHARES_INVALID', () => ({ shares: [0.5, 0.3, 0.2] })],
    ['shares that are too much', 'TIER_SHARES_INVALID', () => ({ shares: [0.9, 0.2] })],
    ['a share above 1', 'ESCALATION_OUT_OF_RANGE', () => ({ escalation: { judgedShare: 20 } })],
    ['no burst', 'ESCALATION_OUT_OF_RANGE', () => ({ escalation: { burst: 0 } })],
    [
      'confidence without a limit',
      'CONFIDENCE_WITHOUT_LIMIT',
      () => ({ escalation: { on: [EscalationReason.LOW_CONFIDENCE] } }),
    ],
    [
      'a probability as logarithm',
      'CONFIDENCE_LIMIT_OUT_OF_RANGE',
      () => ({ tiers: [Tier.endpointName('a', 'a', { minMeanLogprob: 0.2 }), byName('b')] }),
    ],
    ['a long timeout', 'ROUTER_TIMEOUT_OUT_OF_RANGE', () => ({ timeout: Duration.minutes(16) })],
    [
      'a short timeout',
      'TIER_TIMEOUT_OUT_OF_RANGE',
      () => ({
        timeout: Duration.seconds(15),
        tiers: [
          Tier.endpointName('a', 'a', { firstTokenTimeout: Duration.seconds(20) }),
          Tier.endpointName('b', 'b', { firstTokenTimeout: Duration.seconds(5) }),
        ],
      }),
    ],
    ['a limit that no URL takes', 'REQUEST_LIMIT_OUT_OF_RANGE', () => ({ limits: { bodyBytes: 10_000_000 } })],
    [
      'weights of other tiers',
      'TIER_WEIGHTS_MISMATCH',
      () => ({
        classifier: TierClassifier.fromFile(weightsFile(['s', 'm', 'l', 'xl'], 'four.json')),
        tiers: [byName('s'), byName('m'), byName('l')],
      }),
    ],
    [
      'more than a function’s variables hold',
      'ROUTER_CONFIG_TOO_LARGE',
      () => ({ tiers: Array.from({ length: 30 }, (_, i) => byName(`tier-${i}`)) }),
    ],
  ])('%s', (_, rule, props) => {
    expect(errors(props())).toEqual([rule]);
  });

  test('a weights file that is missing, no JSON, or something else', () => {
    const broken = path.join(scratch, 'broken.json');
    expect(() => TierClassifier.fromFile('/nowhere/weights.json')).toThrow(
      expect.objectContaining({ id: 'TIER_WEIGHTS_UNREADABLE' }),
    );
    writeFileSync(broken, '{');
    expect(() => TierClassifier.fromFile(broken)).toThrow(expect.objectContaining({ id: 'TIER_WEIGHTS_UNREADABLE' }));
    writeFileSync(broken, '{"schema":1,"boundaries":[]}');
    expect(() => TierClassifier.fromFile(broken)).toThrow(expect.objectContaining({ id: 'TIER_WEIGHTS_INVALID' }));
    writeFileSync(
      broken,
      JSON.stringify({ ...BUILT_IN, boundaries: [{ ...BUILT_IN.boundaries[0], weights: { charcters: 1 } }] }),
    );
    expect(() => TierClassifier.fromFile(broken)).toThrow(expect.objectContaining({ allowed: 'such as characters' }));
  });
});

describe('what may go wrong is a warning', () => {
  test('weights that were not calibrated', () => {
    expect(warnings({})).toEqual(['TIER_WEIGHTS_NOT_CALIBRATED']);
    expect(warnings({ classifier: TierClassifier.fromFile(weightsFile(['fast', 'quality'])) })).toEqual([]);
  });

  test('weights of tiers of other names', () => {
    expect(warnings({ classifier: TierClassifier.fromFile(weightsFile(['small', 'big'])) })).toEqual([
      'TIER_WEIGHTS_OF_OTHER_TIERS',
    ]);
  });

  test('a URL for everybody', () => {
    expect(warnings({ authType: FunctionUrlAuthType.NONE })).toContain('ROUTER_PUBLIC');
  });

  test('tiers in the wrong order', () => {
    const priced = (name: string, outputUsdPerMillionTokens: number) =>
      Tier.endpointName(name, name, { outputUsdPerMillionTokens });
    expect(warnings({ tiers: [priced('a', 5), priced('b', 1)] })).toContain('TIERS_NOT_IN_ORDER');
    expect(warnings({ tiers: [priced('a', 1), priced('b', 5)] })).not.toContain('TIERS_NOT_IN_ORDER');
  });
});

describe('conversations', () => {
  test('are remembered in a table that forgets, if that is asked', () => {
    const { stack } = made({ rememberConversations: true, conversationLifetime: Duration.hours(2) });
    Template.fromStack(stack).hasResourceProperties('AWS::DynamoDB::Table', {
      BillingMode: 'PAY_PER_REQUEST',
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
    });
    expect(JSON.stringify(resourceOf(stack, 'AWS::Lambda::Function'))).toContain('lifetimeSeconds\\":7200');
    const text = JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
    expect(text).toContain('"dynamodb:GetItem","dynamodb:PutItem"');
    expect(text).not.toContain('dynamodb:*');
  });

  test('need no table otherwise', () => {
    Template.fromStack(made().stack).resourceCountIs('AWS::DynamoDB::Table', 0);
    Template.fromStack(made({ rememberConversations: true, sticky: false }).stack).resourceCountIs(
      'AWS::DynamoDB::Table',
      0,
    );
  });
});

test('an endpoint that answers later is no tier', () => {
  const stack = testStack();
  const later = makeEndpoint(
    stack,
    { asyncInference: { bucket: Bucket.fromBucketName(stack, 'Answers', 'answers') } },
    'Later',
  );
  const router = new TieredEndpoints(stack, 'Router', { tiers: [Tier.endpoint('later', later), byName('now')] });
  expect(errorsOf(Stack.of(router))).toContain('TIER_NOT_REAL_TIME');
});

test('an imported endpoint is a tier as well', () => {
  const stack = testStack();
  const existing = QuantizedEndpoint.fromEndpointName(stack, 'Existing', 'existing');
  new TieredEndpoints(stack, 'Router', { tiers: [Tier.endpoint('old', existing), byName('new')] });
  expect(configOf(stack).tiers[0].backend).toEqual({ kind: 'sagemaker', endpointName: 'existing' });
});

test('a model of a fleet is a tier with the context and the cost of a copy', () => {
  const stack = testStack();
  const chat = makeFleetModel(stack);
  new TieredEndpoints(stack, 'Router', { tiers: [Tier.endpoint('fast', chat), byName('quality')] });
  expect(errorsOf(stack)).toEqual([]);
  const text = JSON.stringify(configOf(stack));
  expect(text).toContain(chat.inferenceComponentName);
  expect(text).toContain(`contextTokens\\":${chat.plan.maxModelLen}`);
  expect(text).toContain('outputUsdPerMillionTokens');
});
