import { CfnOutput, Stack, Validations, type StackProps } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  InstanceType,
  ModelSource,
  NeuronCompilation,
  NeuronEndpoint,
  NeuronQuantization,
  VllmNeuronImage,
} from 'cdk-quantized-endpoints';
import type { Construct } from 'constructs';

/**
 * Qwen2.5-7B-Instruct in INT8 on Inferentia2. CodeBuild makes the image of AWS’s public one while the stack is deployed; the
 * first instance quantizes and compiles the 16-bit checkpoint when it starts, and leaves the graphs to those after it. `qe simulate --scheme neuron-int8` tells beforehand
 * what INT8 does to the weights.
 *
 * ```sh
 * aws s3 sync qwen2.5-7b-instruct s3://<bucket>/qwen2.5-7b-instruct/
 * cdk deploy -c bucket=<bucket>
 * ```
 */
export class Int8OnInferentia extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const bucketName = (this.node.tryGetContext('bucket') as string | undefined) ?? 'models-of-yours';
    const bucket = Bucket.fromBucketName(this, 'Models', bucketName);
    const endpoint = new NeuronEndpoint(this, 'Chat', {
      model: ModelSource.s3Prefix(bucket, 'qwen2.5-7b-instruct/', {
        modelName: 'Qwen/Qwen2.5-7B-Instruct',
        configPath: 'config.json',
      }),
      quantization: NeuronQuantization.INT8,
      vllmImage: new VllmNeuronImage(this, 'Image'),
      compilation: NeuronCompilation.cachedInS3(bucket, 'neuron-graphs/'),
      encryptionKey: new Key(this, 'Key', { enableKeyRotation: true }),
      instanceType: InstanceType.INF2_8XLARGE,
      maxModelLen: 4_096,
      maxConcurrency: 4,
      workload: { inputTokens: 1_024, outputTokens: 256 },
    });
    Validations.of(endpoint).acknowledge(
      {
        id: 'NEURON_CRITICAL_FIXES_ONLY',
        reason: 'Inferentia2 is what this workload costs least on; the GPU that replaces it is planned.',
      },
      {
        id: 'NEURON_RUNTIME_NEWER_THAN_DRIVER',
        reason: 'Tried on one endpoint before this stack is used by anyone.',
      },
    );
    new CfnOutput(this, 'EndpointName', { value: endpoint.endpointName });
  }
}
