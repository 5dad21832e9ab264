import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { InstanceType, ModelSource, QuantizationScheme, QuantizedEndpoint } from 'cdk-quantized-endpoints';
import type { Construct } from 'constructs';

/**
 * Instances that can be had: FP8 on an L40S where there is one, else on an L4, else AWQ on an A10G, which does not
 * compute in FP8. Every pool is planned for eight requests of 8,192 tokens at once; one that could not hold them would
 * fail synth.
 */
export class AvailableChat extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const bucket = Bucket.fromBucketName(this, 'Models', 'my-models');
    const endpoint = new QuantizedEndpoint(this, 'Chat', {
      model: ModelSource.s3Prefix(bucket, 'qwen2.5-7b-fp8/', { configPath: 'config.json' }),
      quantization: QuantizationScheme.FP8,
      instanceType: InstanceType.G6E_2XLARGE,
      maxModelLen: 8_192,
      maxConcurrency: 8,
      maxInstanceCount: 3,
      fallbackPools: [
        { instanceType: InstanceType.G6_2XLARGE },
        {
          instanceType: InstanceType.G5_2XLARGE,
          model: ModelSource.s3Prefix(bucket, 'qwen2.5-7b-awq/', { configPath: 'config-awq.json' }),
        },
      ],
    });
    new CfnOutput(this, 'EndpointName', { value: endpoint.endpointName });
  }
}
