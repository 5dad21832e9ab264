import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { InstanceType, ModelFleet, ModelSource, QuantizationScheme, ServingContainer } from 'cdk-quantized-endpoints';
import type { Construct } from 'constructs';

/**
 * One model in FP8 and two LoRA adapters for it, each invoked by an inference component of its own. Adapters share the
 * copies of their base; their memory is in its plan.
 */
export class TailoredChat extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const bucket = Bucket.fromBucketName(this, 'Models', 'my-models');
    const fleet = new ModelFleet(this, 'Fleet', { instanceType: InstanceType.G6E_2XLARGE, maxInstanceCount: 2 });
    const base = fleet.addModel('Base', {
      model: ModelSource.s3Prefix(bucket, 'qwen2.5-7b-instruct-fp8/', {
        modelName: 'Qwen/Qwen2.5-7B-Instruct',
        configPath: 'config.json',
      }),
      quantization: QuantizationScheme.FP8,
      container: ServingContainer.lmi(),
      maxModelLen: 8_192,
      maxCopies: 2,
      enableLora: true,
      maxLoras: 2,
      maxLoraRank: 16,
    });
    new CfnOutput(this, 'EndpointName', { value: fleet.endpointName });
    for (const name of ['Legal', 'Medical']) {
      const adapter = base.addAdapter(name, {
        bucket,
        key: `adapters/${name.toLowerCase()}.tar.gz`,
        configPath: 'adapter_config.json',
      });
      new CfnOutput(this, `${name}Component`, { value: adapter.inferenceComponentName! });
    }
  }
}
