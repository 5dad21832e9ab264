import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
} from '@aws-sdk/client-application-auto-scaling';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import {
  DescribeEndpointCommand,
  ListEndpointConfigsCommand,
  ListEndpointsCommand,
  ListInferenceComponentsCommand,
  ListModelsCommand,
  ListTagsCommand,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BUCKET,
  chatBody,
  contentOf,
  GGUF,
  IMAGE,
  PLAIN_TEMPLATE,
  startTestAws,
  upload,
  type TestAws,
} from './support';

type Resources = Record<string, { Type: string; Properties: Record<string, unknown>; DependsOn?: string }>;

describe('the CloudFormation types of the local AWS', () => {
  let aws: TestAws;
  let cloudFormation: CloudFormationClient;

  beforeAll(async () => {
    aws = await startTestAws();
    cloudFormation = aws.client(CloudFormationClient);
    await upload(aws, { 'q8/model.gguf': GGUF.Q8_0, 'q4/model.gguf': GGUF.Q4_K_M, 'other/model.gguf': GGUF.Q8_0 });
  });
  afterAll(() => aws?.stop());

  const create = async (name: string, resources: Resources) => {
    await cloudFormation.send(
      new CreateStackCommand({ StackName: name, TemplateBody: template(resources), Capabilities: ['CAPABILITY_IAM'] }),
    );
    return settledStack(name);
  };
  const update = async (name: string, resources: Resources) => {
    await cloudFormation.send(
      new UpdateStackCommand({ StackName: name, TemplateBody: template(resources), Capabilities: ['CAPABILITY_IAM'] }),
    );
    return settledStack(name);
  };
  const settledStack = async (name: string) => {
    for (;;) {
      const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: name }));
      const stack = Stacks![0];
      if (!stack.StackStatus!.endsWith('_IN_PROGRESS')) return stack;
      await sleep(100);
    }
  };
  const remove = async (name: string) => {
    const { StackId } = (await cloudFormation.send(new DescribeStacksCommand({ StackName: name }))).Stacks![0];
    await cloudFormation.send(new DeleteStackCommand({ StackName: name }));
    return settledStack(StackId!);
  };
  const reasons = async (name: string) => {
    const { StackEvents } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName: name }));
    return StackEvents!
      .filter((event) => event.ResourceStatus?.endsWith('_FAILED'))
      .map((event) => event.ResourceStatusReason);
  };
  const answer = async (endpoint: string) =>
    contentOf(
      (
        await aws.runtime.send(
          new InvokeEndpointCommand({ EndpointName: endpoint, Body: chatBody('It was a dark and') }),
        )
      ).Body!,
    );
  const count = async () => {
    const [models, configs, endpoints, components] = await Promise.all([
      aws.sagemaker.send(new ListModelsCommand({})),
      aws.sagemaker.send(new ListEndpointConfigsCommand({})),
      aws.sagemaker.send(new ListEndpointsCommand({})),
      aws.sagemaker.send(new ListInferenceComponentsCommand({})),
    ]);
    return [models.Models, configs.EndpointConfigs, endpoints.Endpoints, components.InferenceComponents].map(
      (list) => list!.length,
    );
  };

  describe('an endpoint with auto scaling', () => {
    let before: string;
    const autoScaling = () => aws.client(ApplicationAutoScalingClient);

    test('is created, answers, and its resources carry the stack’s tags', async () => {
      const stack = await create('story', endpointResources('q8/'));
      expect(stack.StackStatus).toBe('CREATE_COMPLETE');
      expect(stack.Outputs).toEqual([expect.objectContaining({ OutputKey: 'Name', OutputValue: 'story' })]);
      before = await answer('story');
      const { EndpointArn } = await aws.sagemaker.send(new DescribeEndpointCommand({ EndpointName: 'story' }));
      const { Tags } = await aws.sagemaker.send(new ListTagsCommand({ ResourceArn: EndpointArn }));
      expect(Tags).toContainEqual({ Key: 'aws:cloudformation:stack-name', Value: 'story' });
    });

    test('registers target and policy, with the policy’s alarms', async () => {
      const { ScalableTargets } = await autoScaling().send(
        new DescribeScalableTargetsCommand({ ServiceNamespace: 'sagemaker' }),
      );
      expect(ScalableTargets).toEqual([
        expect.objectContaining({ ResourceId: 'endpoint/story/variant/AllTraffic', MinCapacity: 1, MaxCapacity: 4 }),
      ]);
      const { ScalingPolicies } = await autoScaling().send(
        new DescribeScalingPoliciesCommand({ ServiceNamespace: 'sagemaker' }),
      );
      expect(ScalingPolicies![0]).toMatchObject({ PolicyName: 'concurrency', PolicyType: 'TargetTrackingScaling' });
      const { MetricAlarms } = await aws
        .client(CloudWatchClient)
        .send(new DescribeAlarmsCommand({ AlarmNamePrefix: 'TargetTracking-' }));
      expect(MetricAlarms!.map((alarm) => [alarm.MetricName, alarm.Threshold]).sort()).toEqual([
        ['ConcurrentRequestsPerModel', 4.5],
        ['ConcurrentRequestsPerModel', 5],
      ]);
    });

    test('an update to another quantization replaces model and configuration under the same endpoint', async () => {
      expect((await update('story', endpointResources('q4/'))).StackStatus).toBe('UPDATE_COMPLETE');
      const after = await answer('story');
      expect(after).not.toBe(before);
      expect(await count()).toEqual([1, 1, 1, 0]);
      before = after;
    });

    test('an update whose container cannot start rolls back, and nothing of it is left', async () => {
      const broken = endpointResources('q8/', { SM_LLAMA_CPP_NONSENSE: '1' });
      expect((await update('story', broken)).StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
      expect(await reasons('story')).toContainEqual(expect.stringContaining('did not pass the ping health check'));
      expect(await answer('story')).toBe(before);
      expect(await count()).toEqual([1, 1, 1, 0]);
    });

    test('an endpoint that was updated is sent back when a later resource fails', async () => {
      const resources: Resources = {
        ...endpointResources('q8/'),
        Later: {
          Type: 'AWS::SageMaker::Model',
          Properties: { PrimaryContainer: { Image: 'not-ecr' } },
          DependsOn: 'Endpoint',
        },
      };
      expect((await update('story', resources)).StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
      expect(await answer('story')).toBe(before);
      expect(await count()).toEqual([1, 1, 1, 0]);
    });

    test('deleting the stack leaves nothing', async () => {
      expect((await remove('story')).StackStatus).toBe('DELETE_COMPLETE');
      expect(await count()).toEqual([0, 0, 0, 0]);
      const { ScalableTargets } = await autoScaling().send(
        new DescribeScalableTargetsCommand({ ServiceNamespace: 'sagemaker' }),
      );
      expect(ScalableTargets).toEqual([]);
      const { MetricAlarms } = await aws.client(CloudWatchClient).send(new DescribeAlarmsCommand({}));
      expect(MetricAlarms).toEqual([]);
    });
  });

  test('a create that fails rolls back to nothing', async () => {
    expect((await create('broken', endpointResources('q8/', { SM_LLAMA_CPP_NONSENSE: '1' }))).StackStatus).toBe(
      'ROLLBACK_COMPLETE',
    );
    expect(await count()).toEqual([0, 0, 0, 0]);
    await remove('broken');
  });

  test('the execution role must be able to read the model', async () => {
    const withRole = (key: string): Resources => {
      const { Model, ...rest } = endpointResources('q8/');
      return {
        Role: {
          Type: 'AWS::IAM::Role',
          Properties: {
            AssumeRolePolicyDocument: {
              Statement: [
                { Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' },
              ],
            },
            Policies: [
              {
                PolicyName: 'read',
                PolicyDocument: {
                  Statement: [
                    { Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${BUCKET}/${key}*` },
                    {
                      Effect: 'Allow',
                      Action: 's3:ListBucket',
                      Resource: `arn:aws:s3:::${BUCKET}`,
                      Condition: { StringLike: { 's3:prefix': [key, `${key}*`] } },
                    },
                  ],
                },
              },
            ],
          },
        },
        Model: { ...Model, Properties: { ...Model.Properties, ExecutionRoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] } } },
        ...rest,
      };
    };
    expect((await create('readable', withRole('q8/'))).StackStatus).toBe('CREATE_COMPLETE');
    await remove('readable');
    expect((await create('unreadable', withRole('other/'))).StackStatus).toBe('ROLLBACK_COMPLETE');
    expect(await reasons('unreadable')).toContainEqual(
      expect.stringContaining('Could not access model data at s3://models/q8/'),
    );
    await remove('unreadable');
  });

  test('an unknown property is refused as CloudFormation refuses it', async () => {
    const resources: Resources = {
      Model: { Type: 'AWS::SageMaker::Model', Properties: { PrimaryContainer: { Image: IMAGE, Imagee: 'x' } } },
    };
    expect((await create('typo', resources)).StackStatus).toBe('ROLLBACK_COMPLETE');
    expect(await reasons('typo')).toContainEqual(
      expect.stringContaining('#/PrimaryContainer: extraneous key [Imagee] is not permitted'),
    );
    await remove('typo');
  });

  test('a custom-named resource that would have to be replaced is refused', async () => {
    const named = (environment: object): Resources => ({
      Model: {
        Type: 'AWS::SageMaker::Model',
        Properties: { ModelName: 'fixed', PrimaryContainer: { Image: IMAGE, Environment: environment } },
      },
    });
    await create('named', named({ A: '1' }));
    expect((await update('named', named({ A: '2' }))).StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await reasons('named')).toContainEqual(
      expect.stringContaining('cannot update a stack when a custom-named resource requires replacing'),
    );
    await remove('named');
  });

  describe('inference components', () => {
    const invoke = async () =>
      contentOf(
        (
          await aws.runtime.send(
            new InvokeEndpointCommand({
              EndpointName: 'shared',
              InferenceComponentName: 'story',
              Body: chatBody('It was a dark and'),
            }),
          )
        ).Body!,
      );

    test('are created, updated, rolled back and deleted', async () => {
      const created = await create('shared', componentResources('q8/'));
      expect([created.StackStatus, await reasons('shared')]).toEqual(['CREATE_COMPLETE', []]);
      const before = await invoke();
      expect((await update('shared', componentResources('q4/'))).StackStatus).toBe('UPDATE_COMPLETE');
      const after = await invoke();
      expect(after).not.toBe(before);
      expect((await update('shared', componentResources('nothing/'))).StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
      expect(await invoke()).toBe(after);
      expect((await remove('shared')).StackStatus).toBe('DELETE_COMPLETE');
      expect(await count()).toEqual([0, 0, 0, 0]);
    });

    test('an endpoint of components needs the component’s name', async () => {
      await create('shared', componentResources('q8/'));
      await expect(answer('shared')).rejects.toMatchObject({
        name: 'ValidationError',
        message: expect.stringContaining('Inference Component Name header is required'),
      });
      await remove('shared');
    });
  });
});

function template(resources: Resources): string {
  const outputs =
    resources.Target === undefined ? {} : { Name: { Value: { 'Fn::GetAtt': ['Endpoint', 'EndpointName'] } } };
  return JSON.stringify({ Resources: resources, ...(Object.keys(outputs).length === 0 ? {} : { Outputs: outputs }) });
}

function endpointResources(prefix: string, environment: Record<string, string> = {}): Resources {
  const dimension = { ServiceNamespace: 'sagemaker', ScalableDimension: 'sagemaker:variant:DesiredInstanceCount' };
  return {
    Model: { Type: 'AWS::SageMaker::Model', Properties: { PrimaryContainer: container(prefix, environment) } },
    Config: {
      Type: 'AWS::SageMaker::EndpointConfig',
      Properties: {
        ProductionVariants: [
          {
            VariantName: 'AllTraffic',
            ModelName: { 'Fn::GetAtt': ['Model', 'ModelName'] },
            InstanceType: 'ml.c7i.large',
            // CloudFormation takes strings for numbers.
            InitialInstanceCount: '1',
          },
        ],
      },
    },
    Endpoint: {
      Type: 'AWS::SageMaker::Endpoint',
      Properties: {
        EndpointName: 'story',
        EndpointConfigName: { 'Fn::GetAtt': ['Config', 'EndpointConfigName'] },
        RetainAllVariantProperties: 'true',
      },
    },
    Target: {
      Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
      Properties: {
        ...dimension,
        ResourceId: { 'Fn::Sub': 'endpoint/${Endpoint.EndpointName}/variant/AllTraffic' },
        MinCapacity: 1,
        MaxCapacity: 4,
      },
    },
    Policy: {
      Type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
      Properties: {
        PolicyName: 'concurrency',
        PolicyType: 'TargetTrackingScaling',
        ScalingTargetId: { Ref: 'Target' },
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: 5,
          PredefinedMetricSpecification: {
            PredefinedMetricType: 'SageMakerVariantConcurrentRequestsPerModelHighResolution',
          },
        },
      },
    },
  };
}

function componentResources(prefix: string): Resources {
  const { Image, Environment, ModelDataSource } = container(prefix, {});
  return {
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Statement: [{ Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' }],
        },
      },
    },
    Model: { Type: 'AWS::SageMaker::Model', Properties: { PrimaryContainer: { Image, Environment, ModelDataSource } } },
    Config: {
      Type: 'AWS::SageMaker::EndpointConfig',
      Properties: {
        ExecutionRoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
        ProductionVariants: [{ VariantName: 'AllTraffic', InstanceType: 'ml.g5.2xlarge', InitialInstanceCount: 1 }],
      },
    },
    Endpoint: {
      Type: 'AWS::SageMaker::Endpoint',
      Properties: { EndpointName: 'shared', EndpointConfigName: { 'Fn::GetAtt': ['Config', 'EndpointConfigName'] } },
    },
    Component: {
      Type: 'AWS::SageMaker::InferenceComponent',
      Properties: {
        InferenceComponentName: 'story',
        EndpointName: { 'Fn::GetAtt': ['Endpoint', 'EndpointName'] },
        VariantName: 'AllTraffic',
        Specification: {
          ModelName: { 'Fn::GetAtt': ['Model', 'ModelName'] },
          ComputeResourceRequirements: { MinMemoryRequiredInMb: 1024, NumberOfAcceleratorDevicesRequired: 1 },
        },
        RuntimeConfig: { CopyCount: 1 },
      },
    },
  };
}

function container(prefix: string, environment: Record<string, string>) {
  return {
    Image: IMAGE,
    Environment: { SM_LLAMA_CPP_CHAT_TEMPLATE: PLAIN_TEMPLATE, ...environment },
    ModelDataSource: {
      S3DataSource: { S3Uri: `s3://${BUCKET}/${prefix}`, S3DataType: 'S3Prefix', CompressionType: 'None' },
    },
  };
}
