import { Template } from 'aws-cdk-lib/assertions';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { InstanceType, QuantizationScheme, ServingContainer, type QuantizedEndpointProps } from '../../../index';
import { QWEN_7B } from '../models';
import { hubModel, makeEndpoint, testStack } from '../support';

function idsOf(props: Partial<QuantizedEndpointProps>): Record<string, string> {
  const stack = testStack();
  const onCall = Topic.fromTopicArn(stack, 'OnCall', 'arn:aws:sns:us-east-1:123456789012:on-call');
  const alarmActions = [new SnsAction(onCall)];
  makeEndpoint(stack, { workload: { outputTokens: 256 }, maxInstanceCount: 2, alarmActions, ...props });
  const { Resources } = Template.fromStack(stack).toJSON() as { Resources: Record<string, { Type: string }> };
  return Object.fromEntries(Object.entries(Resources).map(([id, { Type }]) => [id, Type]));
}

/**
 * Logical ids are a contract: another one would make CloudFormation create a second endpoint of the same name, and fail.
 * A change of this list breaks every stack that is deployed.
 */
const IDS = {
  Chat26DEB33F: 'AWS::SageMaker::Endpoint',
  ChatConfig48602903: 'AWS::SageMaker::EndpointConfig',
  ChatLatencyAlarm166F1C26: 'AWS::CloudWatch::Alarm',
  ChatModel62EB2AF0: 'AWS::SageMaker::Model',
  ChatRole7392D60B: 'AWS::IAM::Role',
  ChatRoleDefaultPolicy83AB213A: 'AWS::IAM::Policy',
  ChatSaturationAlarmCE55308E: 'AWS::CloudWatch::Alarm',
  ChatScalingD998D9B5: 'AWS::ApplicationAutoScaling::ScalableTarget',
  ChatScalingConcurrentRequests4E31B01D: 'AWS::ApplicationAutoScaling::ScalingPolicy',
  ChatServerErrorsAlarm783912D5: 'AWS::CloudWatch::Alarm',
};

test('logical ids are held', () => {
  expect(idsOf({})).toEqual(IDS);
});

test.each<[string, Partial<QuantizedEndpointProps>]>([
  ['another instance type', { instanceType: InstanceType.G5_2XLARGE }],
  ['another quantization', { model: hubModel(QWEN_7B), quantization: QuantizationScheme.FP8 }],
  ['another container', { container: ServingContainer.vllm() }],
  ['another context', { maxModelLen: 8192 }],
])('%s replaces nothing but the model and config behind the endpoint', (_, props) => {
  expect(idsOf(props)).toEqual(IDS);
});

test('the endpoint’s name follows from its place, not from what it serves', () => {
  const nameOf = (props: Partial<QuantizedEndpointProps>) => {
    const stack = testStack();
    makeEndpoint(stack, props);
    const [endpoint] = Object.values(Template.fromStack(stack).findResources('AWS::SageMaker::Endpoint'));
    return (endpoint as { Properties: { EndpointName: string } }).Properties.EndpointName;
  };
  expect(nameOf({ instanceType: InstanceType.G5_2XLARGE })).toBe(nameOf({}));
  expect(nameOf({ endpointName: 'chat' })).toBe('chat');
});
