import * as path from 'node:path';
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import {
  InstanceType,
  ModelSource,
  QuantizationScheme,
  QuantizedEndpoint,
  ServingContainer,
} from 'cdk-quantized-endpoints';
import type { Construct } from 'constructs';

/** Properties of `StoryTeller`. */
export interface StoryTellerProps extends StackProps {
  /** Where the models lie, relative to the directory in which the app runs. */
  readonly modelsDirectory: string;
}

/**
 * A model from a directory on this machine. `cdk deploy` uploads its files below a prefix of their own in the
 * bootstrap bucket.
 *
 * Another quantization is one context value away, and takes over without dropping a request: `cdk deploy -c
 * quantization=Q8_0`.
 */
export class StoryTeller extends Stack {
  constructor(scope: Construct, id: string, props: StoryTellerProps) {
    super(scope, id, props);

    const fileType = this.setting('quantization') ?? 'Q4_K_M';
    const endpoint = new QuantizedEndpoint(this, 'Endpoint', {
      model: ModelSource.localDirectory(path.join(props.modelsDirectory, `gutenberg-3m-${fileType}`), {
        configPath: path.join(props.modelsDirectory, 'gutenberg-3m', 'config.json'),
      }),
      quantization: QuantizationScheme.gguf(fileType),
      container: ServingContainer.llamaCpp(),
      instanceType: InstanceType.of(this.setting('instanceType') ?? 'ml.g4dn.xlarge'),
      maxModelLen: Number(this.setting('maxModelLen') ?? 512),
    });
    new CfnOutput(this, 'EndpointName', { value: endpoint.endpointName });
  }

  private setting(name: string): string | undefined {
    return this.node.tryGetContext(name) as string | undefined;
  }
}
