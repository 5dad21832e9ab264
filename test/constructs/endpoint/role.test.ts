import type { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { Role, ServicePrincipal, User } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ContainerImage, InstanceType, ModelSource, ServingContainer } from '../../../index';
import { QWEN_7B_AWQ } from '../models';
import { makeEndpoint, testStack } from '../support';

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

function statementsOf(stack: Stack): Statement[] {
  const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  return policies.flatMap(
    (policy) =>
      (policy as { Properties: { PolicyDocument: { Statement: Statement[] } } }).Properties.PolicyDocument.Statement,
  );
}

const actionsOf = (stack: Stack) =>
  statementsOf(stack)
    .flatMap(({ Action }) => Action)
    .sort();

describe('the execution role', () => {
  test('of a hub model may pull its image and write its logs and metrics, and nothing else', () => {
    const stack = testStack();
    makeEndpoint(stack, { endpointName: 'chat' });
    expect(statementsOf(stack)).toMatchSnapshot();
  });

  test('of an encrypted model in S3 may read its prefix, and nothing else in the bucket', () => {
    const stack = testStack();
    const bucket = new Bucket(stack, 'Models', { encryption: BucketEncryption.KMS });
    makeEndpoint(stack, {
      endpointName: 'chat',
      model: ModelSource.s3Prefix(bucket, 'models/qwen/', { config: QWEN_7B_AWQ }),
    });
    expect(statementsOf(stack)).toMatchSnapshot();
  });

  test('of one object may read this object', () => {
    const stack = testStack();
    const bucket = Bucket.fromBucketName(stack, 'Models', 'models');
    makeEndpoint(stack, { model: ModelSource.s3Object(bucket, 'a/model.tar.gz', { config: QWEN_7B_AWQ }) });
    const reading = statementsOf(stack).filter(({ Action }) => String(Action).startsWith('s3:'));
    expect(reading).toEqual([
      {
        Action: 's3:GetObject',
        Effect: 'Allow',
        Resource: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::models/a/model.tar.gz']] },
      },
    ]);
  });

  test('in a VPC may make network interfaces in the given subnets only', () => {
    const stack = testStack();
    const vpc = new Vpc(stack, 'Vpc', { restrictDefaultSecurityGroup: false });
    makeEndpoint(stack, { endpointName: 'chat', vpc });
    expect(statementsOf(stack).filter(({ Action }) => JSON.stringify(Action).includes('ec2:'))).toMatchSnapshot();
  });

  test('has no managed policy, and no wildcard where a resource can be named', () => {
    const stack = testStack();
    const key = new Key(stack, 'Key');
    const bucket = new Bucket(stack, 'Bucket', { encryption: BucketEncryption.KMS, encryptionKey: key });
    makeEndpoint(stack, {
      model: ModelSource.s3Prefix(bucket, 'm/', { config: QWEN_7B_AWQ }),
      instanceType: InstanceType.P3_2XLARGE,
      vpc: new Vpc(stack, 'Vpc', { restrictDefaultSecurityGroup: false }),
      encryptionKey: key,
      dataCapture: { bucket },
    });
    for (const role of Object.values(Template.fromStack(stack).findResources('AWS::IAM::Role')))
      expect(role).not.toHaveProperty('Properties.ManagedPolicyArns');
    expect(actionsOf(stack).filter((action) => action.includes('*'))).toEqual([]);
    const everywhere = statementsOf(stack).filter(({ Resource }) => Resource === '*');
    expect(everywhere.flatMap(({ Action }) => Action).sort()).toEqual([
      'cloudwatch:PutMetricData',
      'ec2:DescribeDhcpOptions',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSecurityGroups',
      'ec2:DescribeSubnets',
      'ec2:DescribeVpcs',
      'ecr:GetAuthorizationToken',
    ]);
  });

  test('argues for every wildcard that is left, so that cdk-nag finds none', () => {
    const stack = testStack();
    const bucket = new Bucket(stack, 'Bucket', { encryption: BucketEncryption.KMS });
    const endpoint = makeEndpoint(stack, {
      model: ModelSource.s3Prefix(bucket, 'm/', { config: QWEN_7B_AWQ }),
      vpc: new Vpc(stack, 'Vpc', { restrictDefaultSecurityGroup: false }),
      dataCapture: { bucket },
    });
    const { violations } = new AwsSolutionsChecks(stack).validateScope(endpoint);
    expect(violations.map(({ ruleName }) => ruleName)).toEqual([]);
  });

  test('of the user’s own gets the same permissions, and no argument in its name', () => {
    const stack = testStack();
    const role = new Role(stack, 'Mine', { assumedBy: new ServicePrincipal('sagemaker.amazonaws.com') });
    const endpoint = makeEndpoint(stack, { role });
    expect(endpoint.role).toBe(role);
    Template.fromStack(stack).resourceCountIs('AWS::IAM::Role', 1);
    expect(actionsOf(stack)).toContain('ecr:BatchGetImage');
    const { violations } = new AwsSolutionsChecks(stack).validateScope(stack);
    expect(violations.map(({ ruleName }) => ruleName)).toContain('AwsSolutions-IAM5[Resource::*]');
  });

  test('pulls an image of the user’s own from its repository', () => {
    const stack = testStack();
    const repository = new Repository(stack, 'Repository');
    const image = ContainerImage.fromEcrRepository(repository, 'sha256:' + '0'.repeat(64));
    makeEndpoint(stack, { container: ServingContainer.vllm({ image }) });
    const pull = statementsOf(stack).find(
      ({ Action }) => Array.isArray(Action) && Action.includes('ecr:BatchGetImage'),
    );
    expect(pull?.Resource).toEqual(stack.resolve(repository.repositoryArn));
  });

  test('exists with its policy before the model that needs it', () => {
    const stack = testStack();
    makeEndpoint(stack);
    const [model] = Object.values(Template.fromStack(stack).findResources('AWS::SageMaker::Model'));
    const [policy] = Object.keys(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
    expect(model).toMatchObject({ DependsOn: [policy] });
  });
});

describe('who may invoke', () => {
  test('may stream as well', () => {
    const stack = testStack();
    const user = new User(stack, 'User');
    makeEndpoint(stack).grantInvoke(user);
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      Users: [Match.anyValue()],
      PolicyDocument: {
        Statement: [
          {
            Action: ['sagemaker:InvokeEndpoint', 'sagemaker:InvokeEndpointWithResponseStream'],
            Effect: 'Allow',
            Resource: { Ref: Match.stringLikeRegexp('^Chat') },
          },
        ],
      },
    });
  });

  test('may be let in with a bearer token', () => {
    const stack = testStack();
    const user = new User(stack, 'User');
    makeEndpoint(stack).grants.invokeWithBearerToken(user);
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          { Action: 'sagemaker:CallWithBearerToken', Effect: 'Allow', Resource: '*' },
          Match.objectLike({ Action: Match.arrayWith(['sagemaker:InvokeEndpoint']) }),
        ]),
      },
    });
  });
});
