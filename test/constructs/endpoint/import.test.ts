import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { User } from 'aws-cdk-lib/aws-iam';
import { EndpointGrants, QuantizedEndpoint, type IQuantizedEndpoint } from '../../../index';
import { ENV, makeEndpoint, testStack } from '../support';

describe('an endpoint that exists already', () => {
  const stack = testStack();
  const imported = QuantizedEndpoint.fromEndpointName(stack, 'Chat', 'chat');

  test('has its name and ARN', () => {
    expect(imported.endpointName).toBe('chat');
    expect(stack.resolve(imported.endpointArn)).toEqual({
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':sagemaker:us-east-1:123456789012:endpoint/chat']],
    });
  });

  test('makes no resource', () => {
    expect(Template.fromStack(stack).toJSON()).not.toHaveProperty('Resources');
  });

  test('can be invoked', () => {
    const other = testStack();
    QuantizedEndpoint.fromEndpointName(other, 'Chat', 'chat').grantInvoke(new User(other, 'User'));
    Template.fromStack(other).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [{ Action: ['sagemaker:InvokeEndpoint', 'sagemaker:InvokeEndpointWithResponseStream'] }],
      },
    });
  });

  test('may have a variant of another name', () => {
    const other = testStack();
    const attributes = { endpointName: 'chat', variantName: 'Blue' };
    const metric = QuantizedEndpoint.fromEndpointAttributes(other, 'Chat', attributes).metricInvocations();
    expect(metric.toMetricConfig().metricStat?.dimensions).toContainEqual({ name: 'VariantName', value: 'Blue' });
  });

  test('in another account is named in full', () => {
    const other = new Stack(new App(), 'Other', { env: ENV });
    const user = new User(other, 'User');
    EndpointGrants.fromEndpoint(QuantizedEndpoint.fromEndpointName(other, 'Chat', 'chat')).describe(user);
    Template.fromStack(other).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: [{ Action: 'sagemaker:DescribeEndpoint' }] },
    });
  });
});

describe('metrics', () => {
  const stack = testStack();
  const endpoint: IQuantizedEndpoint = makeEndpoint(stack);

  test.each([
    [endpoint.metricInvocations(), 'AWS/SageMaker', 'Invocations', 'Sum'],
    [endpoint.metricInvocationClientErrors(), 'AWS/SageMaker', 'Invocation4XXErrors', 'Sum'],
    [endpoint.metricInvocationServerErrors(), 'AWS/SageMaker', 'Invocation5XXErrors', 'Sum'],
    [endpoint.metricInvocationsPerInstance(), 'AWS/SageMaker', 'InvocationsPerInstance', 'Sum'],
    [endpoint.metricConcurrentRequests(), 'AWS/SageMaker', 'ConcurrentRequestsPerModel', 'Maximum'],
    [endpoint.metricModelLatency(), 'AWS/SageMaker', 'ModelLatency', 'Average'],
    [endpoint.metricOverheadLatency(), 'AWS/SageMaker', 'OverheadLatency', 'Average'],
    [endpoint.metricFirstChunkLatency(), 'AWS/SageMaker', 'FirstChunkLatency', 'Average'],
    [endpoint.metricGpuUtilization(), '/aws/sagemaker/Endpoints', 'GPUUtilization', 'Average'],
    [endpoint.metricGpuMemoryUtilization(), '/aws/sagemaker/Endpoints', 'GPUMemoryUtilization', 'Average'],
    [
      endpoint.metric('DiskUtilization', { statistic: 'Maximum' }),
      '/aws/sagemaker/Endpoints',
      'DiskUtilization',
      'Maximum',
    ],
  ])('%#: have their official names', (metric, namespace, metricName, statistic) => {
    expect(metric.toMetricConfig().metricStat).toMatchObject({ namespace, metricName, statistic });
    expect(stack.resolve(metric.toMetricConfig().metricStat?.dimensions)).toEqual([
      { name: 'EndpointName', value: { 'Fn::GetAtt': ['Chat26DEB33F', 'EndpointName'] } },
      { name: 'VariantName', value: 'AllTraffic' },
    ]);
  });
});
