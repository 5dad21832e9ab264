import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import {
  DescribeEndpointCommand,
  ListEndpointConfigsCommand,
  ListEndpointsCommand,
  ListModelsCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import {
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import { chatRequest } from './ask';
import { bootstrap, expectDone, startDeployment, type Deployment } from './cdk';

/** Plain continuation: the model has no chat template of its own, and knows no chat. */
const PLAIN_TEMPLATE = '{% for message in messages %}{{ message.content }}{% endfor %}';
const STACK = 'EndToEnd';

describe('an endpoint through the CDK command line', () => {
  let deployment: Deployment;
  let sagemaker: SageMakerClient;
  let runtime: SageMakerRuntimeClient;
  let endpointName: string;
  let firstAnswer: string;
  let secondAnswer: string;

  beforeAll(async () => {
    deployment = await startDeployment();
    sagemaker = new SageMakerClient(deployment.clientOptions);
    runtime = new SageMakerRuntimeClient(deployment.clientOptions);
  });
  afterAll(() => deployment?.stop());

  const cdk = (command: string, fileType: string, chatTemplate: string, ...more: string[]) =>
    deployment.cdk(
      command,
      ...['--app', 'node tools/run-app.mjs test/e2e/app.ts'],
      ...['-c', `fileType=${fileType}`, '-c', `chatTemplate=${chatTemplate}`],
      ...more,
    );
  const deploy = (fileType: string, chatTemplate = PLAIN_TEMPLATE) =>
    cdk('deploy', fileType, chatTemplate, '--require-approval', 'never');
  const stackStatus = async () => {
    const client = new CloudFormationClient(deployment.clientOptions);
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: STACK }));
    return Stacks![0].StackStatus;
  };
  const body = (stream: boolean) => chatRequest('It was a dark and stormy night', 32, { stream });
  const invoke = async () => {
    const answer = await runtime.send(
      new InvokeEndpointCommand({ EndpointName: endpointName, ContentType: 'application/json', Body: body(false) }),
    );
    return JSON.parse(Buffer.from(answer.Body!).toString('utf8'));
  };

  test('bootstraps', async () => {
    await bootstrap(deployment);
  });

  test('deploys, and leaves the plan in the cloud assembly', async () => {
    const { status, output } = await deploy('Q4_K_M');
    expectDone(status, output);
    expect(output).toContain(`✅  ${STACK}`);
    endpointName = /EndpointName = (\S+)/.exec(output)![1];
    const assembly = path.join(deployment.scratch, 'cdk.out');
    const plans = readdirSync(assembly).filter((name) => name.startsWith(STACK) && name.endsWith('.plan.json'));
    expect(plans).toHaveLength(1);
    expect(JSON.parse(readFileSync(path.join(assembly, plans[0]), 'utf8'))).toEqual(expect.any(Object));
  });

  test('answers', async () => {
    const answer = await invoke();
    firstAnswer = answer.choices[0].message.content;
    expect(firstAnswer).toMatch(/\w/);
    expect(answer.usage).toEqual({ prompt_tokens: 9, completion_tokens: 32, total_tokens: 41 });
  });

  test('streams the same answer token by token', async () => {
    const answer = await runtime.send(
      new InvokeEndpointWithResponseStreamCommand({
        EndpointName: endpointName,
        ContentType: 'application/json',
        Body: body(true),
      }),
    );
    const parts: string[] = [];
    for await (const event of answer.Body!) parts.push(Buffer.from(event.PayloadPart!.Bytes!).toString('utf8'));
    const text = parts
      .join('')
      .split('\n\n')
      .filter((event) => event.startsWith('data: {'))
      .map((event) => JSON.parse(event.slice('data: '.length)).choices[0].delta.content ?? '')
      .join('');
    expect(text).toBe(firstAnswer);
    expect(parts.length).toBeGreaterThan(1);
  });

  test('registers auto scaling', async () => {
    const scaling = new ApplicationAutoScalingClient(deployment.clientOptions);
    const { ScalableTargets } = await scaling.send(
      new DescribeScalableTargetsCommand({ ServiceNamespace: 'sagemaker' }),
    );
    expect(ScalableTargets).toEqual([
      expect.objectContaining({
        ResourceId: `endpoint/${endpointName}/variant/AllTraffic`,
        MinCapacity: 1,
        MaxCapacity: 3,
      }),
    ]);
    const { ScalingPolicies } = await scaling.send(
      new DescribeScalingPoliciesCommand({ ServiceNamespace: 'sagemaker' }),
    );
    expect(ScalingPolicies).toEqual([expect.objectContaining({ PolicyType: 'TargetTrackingScaling' })]);
  });

  test('updates to another quantization, under the same name', async () => {
    const { status, output } = await deploy('Q8_0');
    expectDone(status, output);
    const answer = await invoke();
    secondAnswer = answer.choices[0].message.content;
    expect(answer.model).toBe('gutenberg-3m-Q8_0.gguf');
    expect(secondAnswer).not.toBe(firstAnswer);
  });

  test('rolls back an update whose container does not start; the old model goes on answering', async () => {
    // Only the server can tell that the template does not parse.
    const { status, output } = await deploy('Q4_K_M', '{% for message in %}');
    expect(status).toBe(1);
    expect(output.replace(/\s+/g, ' ')).toContain('did not pass the ping health check');
    expect(await stackStatus()).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await sagemaker.send(new DescribeEndpointCommand({ EndpointName: endpointName }))).toMatchObject({
      EndpointStatus: 'InService',
    });
    expect((await invoke()).choices[0].message.content).toBe(secondAnswer);
  });

  test('destroys, and nothing is left', async () => {
    expect(await cdk('destroy', 'Q8_0', PLAIN_TEMPLATE, '--force')).toMatchObject({
      status: 0,
    });
    const left = await Promise.all([
      sagemaker.send(new ListEndpointsCommand({})),
      sagemaker.send(new ListEndpointConfigsCommand({})),
      sagemaker.send(new ListModelsCommand({})),
      new CloudWatchClient(deployment.clientOptions).send(new DescribeAlarmsCommand({})),
      new ApplicationAutoScalingClient(deployment.clientOptions).send(
        new DescribeScalableTargetsCommand({ ServiceNamespace: 'sagemaker' }),
      ),
    ]);
    expect(left).toMatchObject([
      { Endpoints: [] },
      { EndpointConfigs: [] },
      { Models: [] },
      { MetricAlarms: [] },
      { ScalableTargets: [] },
    ]);
    await expect(stackStatus()).rejects.toMatchObject({ message: expect.stringContaining('does not exist') });
  });
});
