import * as path from 'node:path';
import { CfnOutput, Size, Stack, type StackProps } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { GgufEndpoint, GgufQuality, InstanceType, ModelSource } from 'cdk-quantized-endpoints';
import type { Construct } from 'constructs';

/** Properties of `GgufStoryTeller`. */
export interface GgufStoryTellerProps extends StackProps {
  /** Where the models lie, relative to the directory in which the app runs. */
  readonly modelsDirectory: string;
}

/**
 * One model in two GGUFs, served by llama.cpp on Graviton, without a GPU. The plan takes the one that `quality` asks
 * for as long as it fits; only that one is uploaded.
 *
 * Another processor is one context value away, its image follows: `cdk deploy -c instanceType=ml.c7i.xlarge`.
 */
export class GgufStoryTeller extends Stack {
  constructor(scope: Construct, id: string, props: GgufStoryTellerProps) {
    super(scope, id, props);

    const instanceType = this.node.tryGetContext('instanceType') as string | undefined;
    const endpoint = new GgufEndpoint(this, 'Endpoint', {
      model: ModelSource.localDirectory(props.modelsDirectory, {
        configPath: path.join(props.modelsDirectory, 'gutenberg-3m', 'config.json'),
      }),
      quality: GgufQuality.HIGH,
      instanceType: InstanceType.of(instanceType ?? 'ml.c7g.xlarge'),
      encryptionKey: new Key(this, 'Key', { enableKeyRotation: true }),
      maxModelLen: 512,
      maxConcurrency: 4,
      kvTypeK: 'q8_0',
      promptCacheSize: Size.mebibytes(512),
      // The model continues text, and brings no template of its own.
      chatTemplate: '{% for message in messages %}{{ message.content }}{% endfor %}',
    });
    new CfnOutput(this, 'EndpointName', { value: endpoint.endpointName });
  }
}
