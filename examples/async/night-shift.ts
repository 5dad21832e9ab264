import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { InstanceType, ModelSource, QuantizedEndpoint } from 'cdk-quantized-endpoints';
import type { Construct } from 'constructs';

/**
 * Work that can wait, and answers that take longer than the minute an invocation may last: requests lie in S3, so do the
 * answers, and a topic tells of each. Without a backlog there is no instance; what waits brings one back, and nothing
 * that is asked is refused.
 */
export class NightShift extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const key = new Key(this, 'Key', { enableKeyRotation: true });
    const topic = (name: string) => new Topic(this, name, { enforceSSL: true, masterKey: key });
    const bucket = Bucket.fromBucketName(this, 'Data', 'my-documents');
    const endpoint = new QuantizedEndpoint(this, 'Reader', {
      model: ModelSource.s3Prefix(Bucket.fromBucketName(this, 'Models', 'my-models'), 'qwen2.5-7b-awq/', {
        configPath: 'config.json',
      }),
      instanceType: InstanceType.G6_2XLARGE,
      maxModelLen: 16_384,
      minInstanceCount: 0,
      maxInstanceCount: 4,
      asyncInference: {
        bucket,
        inputPrefix: 'documents/requests',
        outputPrefix: 'documents/answers',
        failurePrefix: 'documents/failures',
        successTopic: topic('Answered'),
        errorTopic: topic('Failed'),
      },
    });
    new CfnOutput(this, 'EndpointName', { value: endpoint.endpointName });
  }
}
