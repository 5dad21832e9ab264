import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  InstanceType,
  ModelSource,
  OptimizationJob,
  OptimizationTechnique,
  QuantizedEndpoint,
} from 'cdk-quantized-endpoints';
import type { Construct } from 'constructs';

/**
 * Qwen2.5-7B-Instruct in 16 bits from a bucket of yours: SageMaker makes AWQ of it while the stack is deployed, and an
 * endpoint serves the result. No GPU of yours is needed.
 *
 * ```sh
 * aws s3 sync qwen2.5-7b-instruct s3://<bucket>/qwen2.5-7b-instruct/
 * cdk deploy -c bucket=<bucket>
 * ```
 */
export class QuantizedOnTheWay extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const bucketName = (this.node.tryGetContext('bucket') as string | undefined) ?? 'models-of-yours';
    const bucket = Bucket.fromBucketName(this, 'Models', bucketName);
    const job = new OptimizationJob(this, 'Quantize', {
      model: ModelSource.s3Prefix(bucket, 'qwen2.5-7b-instruct/', {
        modelName: 'Qwen/Qwen2.5-7B-Instruct',
        configPath: 'config.json',
      }),
      technique: OptimizationTechnique.awq(),
      instanceType: InstanceType.G5_2XLARGE,
      outputBucket: bucket,
      maxRuntime: Duration.hours(3),
    });
    const endpoint = new QuantizedEndpoint(this, 'Chat', {
      model: job.modelSource,
      container: job.servingContainer,
      instanceType: InstanceType.G5_2XLARGE,
      maxModelLen: 8_192,
      workload: { inputTokens: 1_024, outputTokens: 256 },
    });
    new CfnOutput(this, 'EndpointName', { value: endpoint.endpointName });
    new CfnOutput(this, 'JobName', { value: job.jobName });
  }
}
