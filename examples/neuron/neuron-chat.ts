import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { InstanceType, ModelSource, NeuronCompilation, NeuronEndpoint } from 'cdk-quantized-endpoints';
import type { Construct } from 'constructs';

/**
 * Qwen2.5-7B-Instruct on Inferentia2, compiled beforehand, so that an instance starts in minutes and needs no network.
 *
 * Compile it once, in the image that serves it, and copy the folder into a bucket of yours:
 *
 * ```sh
 * optimum-cli export neuron --model Qwen/Qwen2.5-7B-Instruct --batch_size 4 --sequence_length 4096 \
 *   --tensor_parallel_size 2 --instance_type inf2 qwen2.5-7b-neuron
 * aws s3 sync qwen2.5-7b-neuron s3://<bucket>/qwen2.5-7b-neuron/
 * ```
 *
 * Then `cdk deploy -c bucket=<bucket>`.
 */
export class NeuronChat extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const bucketName = (this.node.tryGetContext('bucket') as string | undefined) ?? 'models-of-yours';
    const endpoint = new NeuronEndpoint(this, 'Chat', {
      model: ModelSource.s3Prefix(Bucket.fromBucketName(this, 'Models', bucketName), 'qwen2.5-7b-neuron/', {
        modelName: 'Qwen/Qwen2.5-7B-Instruct',
        configPath: 'config.json',
      }),
      compilation: NeuronCompilation.precompiled({ batchSize: 4, sequenceLength: 4096, tensorParallelSize: 2 }),
      instanceType: InstanceType.INF2_8XLARGE,
      encryptionKey: new Key(this, 'Key', { enableKeyRotation: true }),
      workload: { inputTokens: 1_024, outputTokens: 256 },
    });
    new CfnOutput(this, 'EndpointName', { value: endpoint.endpointName });
  }
}
