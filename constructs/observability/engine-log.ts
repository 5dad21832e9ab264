import { Aws, CustomResource, Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { IQuantizedEndpoint } from '../endpoint/endpoint-base';
import { ownArn, WaitingFunction } from '../shared/waiting-function';
import { ENGINE_NAMESPACE } from './measures';

const SERVICE_TIMEOUT = Duration.minutes(16);

/** Reads the log of an endpoint's containers, and makes metrics of what the engine says of its load. */
export function readEngineLog(
  scope: Construct,
  endpoint: IQuantizedEndpoint,
  componentName: string | undefined,
  retention: RetentionDays | undefined,
): void {
  const logGroupName =
    componentName === undefined
      ? `/aws/sagemaker/Endpoints/${endpoint.endpointName}`
      : `/aws/sagemaker/InferenceComponents/${componentName}`;
  const logGroupArn = ownArn(scope, 'logs', `log-group:${logGroupName}`);
  const reader = new WaitingFunction(scope, 'EngineMetrics', {
    program: 'engine-metrics',
    description: `Makes metrics of what the engine of ${endpoint.node.path} logs`,
    statements: [
      new PolicyStatement({
        actions: [
          'logs:CreateLogGroup',
          'logs:DeleteSubscriptionFilter',
          'logs:PutRetentionPolicy',
          'logs:PutSubscriptionFilter',
        ],
        resources: [logGroupArn, `${logGroupArn}:*`],
      }),
      new PolicyStatement({
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': ENGINE_NAMESPACE } },
      }),
    ],
    wildcards: {
      [`${logGroupArn}:*`]: 'Subscriptions and retention are of a log group and all of its streams.',
      '*': `cloudwatch:PutMetricData knows no resources; it is limited to the namespace ${ENGINE_NAMESPACE}.`,
    },
  });
  const permission = new CfnPermission(scope, 'LogPermission', {
    action: 'lambda:InvokeFunction',
    functionName: reader.serviceToken,
    principal: 'logs.amazonaws.com',
    sourceAccount: Aws.ACCOUNT_ID,
    sourceArn: `${logGroupArn}:*`,
  });
  const subscription = new CustomResource(scope, 'LogSubscription', {
    resourceType: 'Custom::QuantizedEndpointLogSubscription',
    serviceToken: reader.serviceToken,
    serviceTimeout: SERVICE_TIMEOUT,
    properties: {
      LogGroupName: logGroupName,
      Destination: reader.serviceToken,
      ...(retention === undefined ? {} : { RetentionInDays: retention }),
    },
  });
  subscription.node.addDependency(permission, ...reader.policies);
}
