import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import {
  DeploymentStrategy,
  InstanceType,
  ModelSource,
  QuantizedEndpoint,
  ServingContainer,
} from 'cdk-quantized-endpoints';
import type { Construct } from 'constructs';

/**
 * One to four instances, by the number of requests that are being answered. The target is 70 % of what the plan says
 * one instance can hold; updates go instance by instance, so that no second fleet of GPUs is needed.
 */
export class BusyChat extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const key = new Key(this, 'Key', { enableKeyRotation: true });
    // Without it, alarms go off and nobody hears of it.
    key.grantEncryptDecrypt(new ServicePrincipal('cloudwatch.amazonaws.com'));
    const topic = new Topic(this, 'OnCall', { enforceSSL: true, masterKey: key });
    const endpoint = new QuantizedEndpoint(this, 'Chat', {
      model: ModelSource.huggingFace('Qwen/Qwen2.5-7B-Instruct-AWQ', {
        revision: 'b25037543e9394b818fdfca67ab2a00ecc7dd641',
      }),
      container: ServingContainer.vllm(),
      instanceType: InstanceType.G6_2XLARGE,
      maxModelLen: 8_192,
      maxInstanceCount: 4,
      scaleInCooldown: Duration.minutes(30),
      deploymentStrategy: DeploymentStrategy.rolling({ batchPercentage: 25 }),
      workload: { inputTokens: 1_024, outputTokens: 256 },
      alarmActions: [new SnsAction(topic)],
      maxMonthlyCost: 4_000,
    });
    new CfnOutput(this, 'EndpointName', { value: endpoint.endpointName });
  }
}
