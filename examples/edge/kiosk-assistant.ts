import { CfnOutput, Size, Stack, type StackProps } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { EdgeArchitecture, GgufEdgeDeployment, GgufQuality } from 'cdk-quantized-endpoints';
import type { Construct } from 'constructs';

/**
 * A small model on a group of Greengrass devices with 8 GiB each, without a way to the cloud once it is there.
 *
 * Copy the GGUFs and a llama-server for the devices into a bucket of yours first, and let the devices' token exchange
 * role read them; then `cdk deploy -c bucket=<bucket> -c group=<thing group>`.
 */
export class KioskAssistant extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const setting = (name: string) => this.node.tryGetContext(name) as string | undefined;
    const assistant = new GgufEdgeDeployment(this, 'Assistant', {
      bucket: Bucket.fromBucketName(this, 'Models', setting('bucket') ?? 'models-of-yours'),
      prefix: 'qwen2.5-1.5b-instruct-gguf/',
      files: [{ path: 'qwen2.5-1.5b-instruct-q4_k_m.gguf' }, { path: 'qwen2.5-1.5b-instruct-q8_0.gguf' }],
      quality: GgufQuality.HIGH,
      configPath: 'config.json',
      serverKey: 'llama.cpp/aarch64/llama-server',
      device: { memory: Size.gibibytes(8), architecture: EdgeArchitecture.AARCH64 },
      maxModelLen: 4096,
      targetArn: this.formatArn({
        service: 'iot',
        resource: 'thinggroup',
        resourceName: setting('group') ?? 'kiosks',
      }),
    });
    new CfnOutput(this, 'Component', { value: assistant.componentName });
  }
}
