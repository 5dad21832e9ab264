import {
  ApplicationAutoScalingClient,
  DeleteScalingPolicyCommand,
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  DescribeScalingActivitiesCommand,
  DescribeScalingPoliciesCommand,
  DescribeScheduledActionsCommand,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { DescribeEndpointCommand } from '@aws-sdk/client-sagemaker';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConfig, createEndpoint, GGUF, ggufContainer, startTestAws, upload, type TestAws } from './support';

const TARGET = {
  ServiceNamespace: 'sagemaker',
  ResourceId: 'endpoint/story/variant/AllTraffic',
  ScalableDimension: 'sagemaker:variant:DesiredInstanceCount',
} as const;

describe('Application Auto Scaling of the local AWS', () => {
  let aws: TestAws;
  let scaling: ApplicationAutoScalingClient;

  beforeAll(async () => {
    aws = await startTestAws('--time-scale', '0.001');
    scaling = aws.client(ApplicationAutoScalingClient);
    await upload(aws, { 'q4/model.gguf': GGUF.Q4_K_M });
    await createConfig(aws, 'story', ggufContainer('q4/'));
    await createEndpoint(aws, 'story', 'story');
  });
  afterAll(() => aws?.stop());

  const instances = async () => {
    const { ProductionVariants } = await aws.sagemaker.send(new DescribeEndpointCommand({ EndpointName: 'story' }));
    return ProductionVariants![0].DesiredInstanceCount!;
  };
  const until = async (count: number) => {
    while ((await instances()) !== count) await sleep(100);
  };

  test('a target of a resource that is not there is refused', async () => {
    await expect(
      scaling.send(
        new RegisterScalableTargetCommand({
          ...TARGET,
          ResourceId: 'endpoint/none/variant/AllTraffic',
          MinCapacity: 1,
          MaxCapacity: 2,
        }),
      ),
    ).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('endpoint/none/variant/AllTraffic'),
    });
  });

  test('a namespace that does not exist is refused by the service model', async () => {
    await expect(
      scaling.send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'nothing' as 'sagemaker' })),
    ).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(
        "'serviceNamespace' failed to satisfy constraint: Member must satisfy enum value set",
      ),
    });
  });

  test('a policy without a target is an ObjectNotFoundException', async () => {
    await expect(scaling.send(new PutScalingPolicyCommand({ ...TARGET, PolicyName: 'x' }))).rejects.toMatchObject({
      name: 'ObjectNotFoundException',
      message: expect.stringContaining('No scalable target found for service namespace: sagemaker'),
    });
  });

  test('registering a target brings the capacity within its bounds', async () => {
    await scaling.send(new RegisterScalableTargetCommand({ ...TARGET, MinCapacity: 2, MaxCapacity: 4 }));
    expect(await instances()).toBe(2);
    const { ScalingActivities } = await scaling.send(
      new DescribeScalingActivitiesCommand({ ServiceNamespace: 'sagemaker' }),
    );
    expect(ScalingActivities![0].Description).toBe('Setting desired capacity from 1 to 2.');
  });

  test('a target-tracking policy scales out and in with its alarms', async () => {
    const { Alarms } = await scaling.send(
      new PutScalingPolicyCommand({
        ...TARGET,
        PolicyName: 'invocations',
        PolicyType: 'TargetTrackingScaling',
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: 100,
          PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerVariantInvocationsPerInstance' },
        },
      }),
    );
    const set = (side: string, StateValue: 'ALARM' | 'OK') =>
      aws.client(CloudWatchClient).send(
        new SetAlarmStateCommand({
          AlarmName: Alarms!.find((alarm) => alarm.AlarmName!.includes(side))!.AlarmName,
          StateValue,
          StateReason: 'test',
        }),
      );
    await set('AlarmHigh', 'ALARM');
    await until(4);
    await set('AlarmHigh', 'OK');
    await set('AlarmLow', 'ALARM');
    await until(2);
    await set('AlarmLow', 'OK');
  });

  test('a metric of another kind of target is refused', async () => {
    await expect(
      scaling.send(
        new PutScalingPolicyCommand({
          ...TARGET,
          PolicyName: 'wrong',
          PolicyType: 'TargetTrackingScaling',
          TargetTrackingScalingPolicyConfiguration: {
            TargetValue: 1,
            PredefinedMetricSpecification: { PredefinedMetricType: 'SageMakerInferenceComponentInvocationsPerCopy' },
          },
        }),
      ),
    ).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('a scheduled action changes the bounds when it is due, and the capacity with them', async () => {
    const put = (
      ScheduledActionName: string,
      Schedule: string,
      bounds: { MinCapacity?: number; MaxCapacity?: number },
    ) =>
      scaling.send(
        new PutScheduledActionCommand({ ...TARGET, ScheduledActionName, Schedule, ScalableTargetAction: bounds }),
      );
    // Far enough ahead that a busy machine puts the action before it is due.
    const soon = new Date(Date.now() + 6_000).toISOString().slice(0, 19);
    await put('morning', `at(${soon})`, { MinCapacity: 3 });
    await put('never', 'at(2020-01-01T00:00:00)', { MinCapacity: 4 });
    await until(3);
    const { ScalableTargets } = await scaling.send(
      new DescribeScalableTargetsCommand({ ServiceNamespace: 'sagemaker' }),
    );
    expect(ScalableTargets![0]).toMatchObject({ MinCapacity: 3, MaxCapacity: 4 });
    await expect(put('wrong', 'cron(61 * * * ? *)', { MinCapacity: 1 })).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await expect(put('unknown', 'every day', { MinCapacity: 1 })).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  test('a step policy acts on alarms that name it, and on no other', async () => {
    const policy = { ...TARGET, PolicyName: 'burst' };
    const { PolicyARN } = await scaling.send(
      new PutScalingPolicyCommand({
        ...policy,
        PolicyType: 'StepScaling',
        StepScalingPolicyConfiguration: {
          AdjustmentType: 'ChangeInCapacity',
          StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }],
        },
      }),
    );
    const cloudWatch = aws.client(CloudWatchClient);
    for (const [AlarmName, AlarmActions] of [
      ['another', []],
      ['its own', [PolicyARN!]],
    ] as const) {
      await cloudWatch.send(
        new PutMetricAlarmCommand({
          AlarmName,
          AlarmActions: [...AlarmActions],
          Namespace: 'Test',
          MetricName: 'Backlog',
          Statistic: 'Sum',
          Period: 60,
          EvaluationPeriods: 1,
          Threshold: 1,
          ComparisonOperator: 'GreaterThanThreshold',
        }),
      );
      await cloudWatch.send(new SetAlarmStateCommand({ AlarmName, StateValue: 'ALARM', StateReason: 'test' }));
    }
    await until(4);
    const { ScalingActivities } = await scaling.send(
      new DescribeScalingActivitiesCommand({ ServiceNamespace: 'sagemaker' }),
    );
    expect(ScalingActivities![0].Cause).toContain('monitor alarm its own in state ALARM triggered policy burst');
    await scaling.send(new DeleteScalingPolicyCommand(policy));
    await cloudWatch.send(new DeleteAlarmsCommand({ AlarmNames: ['another', 'its own'] }));
  });

  test('deregistering takes policies, alarms and scheduled actions along', async () => {
    await scaling.send(
      new PutScheduledActionCommand({
        ...TARGET,
        ScheduledActionName: 'night',
        Schedule: 'cron(0 22 * * ? *)',
        ScalableTargetAction: { MinCapacity: 1 },
      }),
    );
    const { ScheduledActions } = await scaling.send(
      new DescribeScheduledActionsCommand({ ServiceNamespace: 'sagemaker' }),
    );
    expect(ScheduledActions!.map(({ ScheduledActionName }) => ScheduledActionName)).toContain('night');
    await scaling.send(new DeregisterScalableTargetCommand(TARGET));
    const left = await Promise.all([
      scaling.send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'sagemaker' })),
      scaling.send(new DescribeScalingPoliciesCommand({ ServiceNamespace: 'sagemaker' })),
      scaling.send(new DescribeScheduledActionsCommand({ ServiceNamespace: 'sagemaker' })),
      aws.client(CloudWatchClient).send(new DescribeAlarmsCommand({})),
    ]);
    expect(left).toMatchObject([
      { ScalableTargets: [] },
      { ScalingPolicies: [] },
      { ScheduledActions: [] },
      { MetricAlarms: [] },
    ]);
    await expect(scaling.send(new DeregisterScalableTargetCommand(TARGET))).rejects.toMatchObject({
      name: 'ObjectNotFoundException',
    });
  });
});
