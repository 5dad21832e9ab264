import { PutMetricAlarmCommand, CloudWatchClient, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateEndpointCommand,
  DeleteEndpointCommand,
  DescribeEndpointCommand,
  UpdateEndpointCommand,
  UpdateEndpointWeightsAndCapacitiesCommand,
  type UpdateEndpointCommandInput,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  chatBody,
  contentOf,
  createConfig,
  createEndpoint,
  GGUF,
  ggufContainer,
  settled,
  startTestAws,
  upload,
  type TestAws,
} from './support';

describe('an endpoint of the local AWS', () => {
  let aws: TestAws;

  beforeAll(async () => {
    aws = await startTestAws('--no-capacity', 'ml.p5.48xlarge');
    await upload(aws, {
      'q8/model.gguf': GGUF.Q8_0,
      'q4/model.gguf': GGUF.Q4_K_M,
      'broken/model.gguf': Buffer.alloc(4096, 1),
    });
    await createConfig(aws, 'q8', ggufContainer('q8/'));
    await createConfig(aws, 'q4', ggufContainer('q4/'));
    await createConfig(aws, 'broken', ggufContainer('broken/'));
  });
  afterAll(() => aws?.stop());

  const answer = async (endpoint: string) =>
    contentOf(
      (
        await aws.runtime.send(
          new InvokeEndpointCommand({ EndpointName: endpoint, Body: chatBody('It was a dark and') }),
        )
      ).Body!,
    );
  const update = async (endpoint: string, config: string, more: Partial<UpdateEndpointCommandInput> = {}) => {
    await aws.sagemaker.send(
      new UpdateEndpointCommand({ EndpointName: endpoint, EndpointConfigName: config, ...more }),
    );
    return settled(aws, endpoint);
  };
  const createFailing = async (name: string, container: Parameters<typeof createConfig>[2], variant = {}) => {
    await createConfig(aws, name, container, variant);
    return createEndpoint(aws, name, name);
  };

  describe('fails to come up, and says why', () => {
    const ping =
      'The primary container for production variant AllTraffic did not pass the ping health check. Please check CloudWatch logs for this endpoint.';

    test.each<[string, Parameters<typeof createConfig>[2], object, string]>([
      [
        'unknown-option',
        ggufContainer('q8/', { SM_LLAMA_CPP_CONTEXT: '512' }),
        {},
        `${ping} (local AWS, last line of the log: error: invalid argument: --context)`,
      ],
      [
        'flag-needs-value',
        ggufContainer('q8/', { SM_LLAMA_CPP_FLASH_ATTN: 'true' }),
        {},
        'expected value for argument',
      ],
      ['bad-value', ggufContainer('q8/', { SM_LLAMA_CPP_CTX_SIZE: 'big' }), {}, 'unknown value: "big"'],
      [
        'no-such-file',
        ggufContainer('q8/', { SM_LLAMA_CPP_MODEL: '/opt/ml/model/x.gguf' }),
        {},
        "failed to open GGUF file '/opt/ml/model/x.gguf'",
      ],
      ['broken-file', ggufContainer('broken/'), {}, ping],
      [
        'empty-prefix',
        ggufContainer('nothing/'),
        {},
        'Failed to download model data for container "container_1" from URL: "s3://models/nothing/".',
      ],
      ['no-capacity', ggufContainer('q8/'), { InstanceType: 'ml.p5.48xlarge' }, 'InsufficientInstanceCapacity'],
    ])('%s', async (name, container, variant, reason) => {
      expect(await createFailing(name, container, variant)).toMatchObject({
        EndpointStatus: 'Failed',
        FailureReason: expect.stringContaining(reason),
      });
    });

    test('takes the next instance pool when the first has no capacity', async () => {
      const pools = [
        { InstanceType: 'ml.p5.48xlarge' as const, Priority: 1 },
        { InstanceType: 'ml.g6.xlarge' as const, Priority: 2 },
      ];
      const endpoint = await createFailing('pools', ggufContainer('q8/'), {
        InstanceType: undefined,
        InstancePools: pools,
      });
      expect(endpoint.EndpointStatus).toBe('InService');
    });
  });

  test('describes what runs', async () => {
    expect(await createEndpoint(aws, 'described', 'q8')).toMatchObject({
      EndpointArn: 'arn:aws:sagemaker:us-east-1:000000000000:endpoint/described',
      EndpointConfigName: 'q8',
      EndpointStatus: 'InService',
      ProductionVariants: [
        {
          VariantName: 'AllTraffic',
          CurrentInstanceCount: 1,
          DesiredInstanceCount: 1,
          CurrentWeight: 1,
          DeployedImages: [{ SpecifiedImage: expect.stringContaining('llama-cpp') }],
        },
      ],
    });
    await expect(createEndpoint(aws, 'described', 'q8')).rejects.toMatchObject({
      message: expect.stringContaining('Cannot create already existing endpoint'),
    });
  });

  test('refuses a change while another is under way', async () => {
    await aws.sagemaker.send(new CreateEndpointCommand({ EndpointName: 'busy', EndpointConfigName: 'q8' }));
    const inProgress = { message: expect.stringContaining('Cannot update in-progress endpoint') };
    await expect(
      aws.sagemaker.send(new UpdateEndpointCommand({ EndpointName: 'busy', EndpointConfigName: 'q4' })),
    ).rejects.toMatchObject(inProgress);
    await expect(aws.sagemaker.send(new DeleteEndpointCommand({ EndpointName: 'busy' }))).rejects.toMatchObject(
      inProgress,
    );
    expect(await settled(aws, 'busy')).toMatchObject({ EndpointStatus: 'InService' });
  });

  test('an update changes the model without an unanswered request', async () => {
    await createEndpoint(aws, 'updated', 'q8');
    const before = await answer('updated');
    const updating = update('updated', 'q4');
    const during: string[] = [];
    let isDone = false;
    const ask = async () => {
      while (!isDone) during.push(await answer('updated'));
    };
    // Several at once, so that some are under way whenever the old model's container is asked to end.
    const asking = Promise.all([ask(), ask(), ask(), ask()]);
    expect(await updating).toMatchObject({ EndpointStatus: 'InService', EndpointConfigName: 'q4' });
    isDone = true;
    await asking;
    expect(await answer('updated')).not.toBe(before);
    // What they say is not compared: requests served together are rounded together, and a word may turn out another.
    for (const said of during) expect(said).toMatch(/\w/);
  });

  test('an update that fails rolls back: the old model answers, and the reason can be read', async () => {
    await createEndpoint(aws, 'rolled-back', 'q8');
    const before = await answer('rolled-back');
    const endpoint = await update('rolled-back', 'broken');
    expect(endpoint).toMatchObject({
      EndpointStatus: 'InService',
      EndpointConfigName: 'q8',
      FailureReason: expect.stringContaining('did not pass the ping health check'),
    });
    expect(await answer('rolled-back')).toBe(before);
    expect((await update('rolled-back', 'q4')).FailureReason).toBeUndefined();
  });

  describe('with alarms on its deployment', () => {
    const cloudWatch = () => aws.client(CloudWatchClient);
    const deployment = (alarm: string) => ({
      DeploymentConfig: {
        BlueGreenUpdatePolicy: {
          TrafficRoutingConfiguration: {
            Type: 'CANARY' as const,
            CanarySize: { Type: 'CAPACITY_PERCENT' as const, Value: 50 },
            WaitIntervalInSeconds: 60,
          },
          TerminationWaitInSeconds: 60,
        },
        AutoRollbackConfiguration: { Alarms: [{ AlarmName: alarm }] },
      },
    });

    beforeAll(async () => {
      for (const AlarmName of ['quiet', 'ringing', 'late'])
        await cloudWatch().send(
          new PutMetricAlarmCommand({
            AlarmName,
            Namespace: 'Test',
            MetricName: AlarmName,
            Statistic: 'Sum',
            Period: 60,
            EvaluationPeriods: 1,
            Threshold: 1,
            ComparisonOperator: 'GreaterThanThreshold',
          }),
        );
      await ring('ringing');
    });
    const ring = (AlarmName: string) =>
      cloudWatch().send(new SetAlarmStateCommand({ AlarmName, StateValue: 'ALARM', StateReason: 'test' }));

    test('goes through while they are quiet', async () => {
      await createEndpoint(aws, 'quiet', 'q8');
      expect(await update('quiet', 'q4', deployment('quiet'))).toMatchObject({ EndpointConfigName: 'q4' });
    });

    test('rolls back when one rings', async () => {
      await createEndpoint(aws, 'ringing', 'q8');
      const before = await answer('ringing');
      expect(await update('ringing', 'q4', deployment('ringing'))).toMatchObject({
        EndpointStatus: 'InService',
        EndpointConfigName: 'q8',
        FailureReason: expect.stringContaining('ALARM state: ringing'),
      });
      expect(await answer('ringing')).toBe(before);
    });

    test('rolls back when one begins to ring while the new fleet bakes', async () => {
      await createEndpoint(aws, 'late', 'q8');
      const settling = update('late', 'q4', deployment('late'));
      for (;;) {
        const { PendingDeploymentSummary } = await aws.sagemaker.send(
          new DescribeEndpointCommand({ EndpointName: 'late' }),
        );
        const status = PendingDeploymentSummary?.ProductionVariants?.[0]?.VariantStatus?.[0]?.Status;
        if (status === 'ActivatingTraffic' || status === 'Baking') break;
        await sleep(20);
      }
      await ring('late');
      expect(await settling).toMatchObject({
        EndpointConfigName: 'q8',
        FailureReason: expect.stringContaining('late'),
      });
    });
  });

  describe('keeps what it was scaled to', () => {
    const counts = async (name: string) => {
      const { ProductionVariants } = await aws.sagemaker.send(new DescribeEndpointCommand({ EndpointName: name }));
      return [ProductionVariants![0].DesiredInstanceCount, ProductionVariants![0].DesiredWeight];
    };
    const scale = (EndpointName: string) =>
      aws.sagemaker.send(
        new UpdateEndpointWeightsAndCapacitiesCommand({
          EndpointName,
          DesiredWeightsAndCapacities: [{ VariantName: 'AllTraffic', DesiredInstanceCount: 3, DesiredWeight: 0.5 }],
        }),
      );

    test.each<[string, Partial<UpdateEndpointCommandInput>, number[]]>([
      ['reset', {}, [1, 1]],
      ['retained', { RetainAllVariantProperties: true }, [3, 0.5]],
      [
        'excluded',
        {
          RetainAllVariantProperties: true,
          ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DesiredWeight' }],
        },
        [3, 1],
      ],
    ])('%s', async (name, options, expected) => {
      await createEndpoint(aws, name, 'q8');
      await scale(name);
      expect(await counts(name)).toEqual([3, 0.5]);
      await update(name, 'q4', options);
      expect(await counts(name)).toEqual(expected);
    });

    test('a variant that is not there cannot be scaled', async () => {
      await expect(
        aws.sagemaker.send(
          new UpdateEndpointWeightsAndCapacitiesCommand({
            EndpointName: 'reset',
            DesiredWeightsAndCapacities: [{ VariantName: 'Other', DesiredInstanceCount: 1 }],
          }),
        ),
      ).rejects.toMatchObject({ message: expect.stringContaining('"Other"') });
    });
  });

  test('is gone once deleted', async () => {
    await createEndpoint(aws, 'short-lived', 'q8');
    await aws.sagemaker.send(new DeleteEndpointCommand({ EndpointName: 'short-lived' }));
    for (;;) {
      const found = await aws.sagemaker
        .send(new DescribeEndpointCommand({ EndpointName: 'short-lived' }))
        .catch(() => undefined);
      if (found === undefined) break;
      expect(found.EndpointStatus).toBe('Deleting');
      await sleep(20);
    }
    await expect(answer('short-lived')).rejects.toMatchObject({ name: 'ValidationError' });
  });
});
