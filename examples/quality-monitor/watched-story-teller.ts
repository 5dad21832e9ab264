import * as path from 'node:path';
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  InstanceType,
  ModelSource,
  QualityAlarm,
  QualityMonitor,
  QualityReference,
  QuantizationScheme,
  QuantizedEndpoint,
  ServingContainer,
  type QuantizedEndpointProps,
} from 'cdk-quantized-endpoints';
import type { Construct } from 'constructs';

/** Properties of `WatchedStoryTeller`. */
export interface WatchedStoryTellerProps extends StackProps {
  /** Where the models lie, relative to the directory in which the app runs. */
  readonly modelsDirectory: string;

  /** The prompt set, relative to the same. */
  readonly promptSet: string;
}

/**
 * An endpoint whose answers are compared with those of a better model: every day, and while it is updated. An update
 * that loses quality is undone.
 *
 * The better model is served by an endpoint that exists only for the few minutes in which its answers are captured.
 */
export class WatchedStoryTeller extends Stack {
  constructor(scope: Construct, id: string, props: WatchedStoryTellerProps) {
    super(scope, id, props);

    const key = new Key(this, 'Key', { enableKeyRotation: true });
    const served = (fileType: string): QuantizedEndpointProps => ({
      model: ModelSource.localDirectory(path.join(props.modelsDirectory, `gutenberg-3m-${fileType}`), {
        configPath: path.join(props.modelsDirectory, 'gutenberg-3m', 'config.json'),
      }),
      quantization: QuantizationScheme.gguf(fileType),
      container: ServingContainer.llamaCpp(),
      instanceType: InstanceType.of('ml.c7i.xlarge'),
      maxModelLen: 512,
      encryptionKey: key,
      // The model continues text, and brings no template of its own.
      environment: { SM_LLAMA_CPP_CHAT_TEMPLATE: '{% for message in messages %}{{ message.content }}{% endfor %}' },
    });

    const quality = new QualityAlarm(this, 'QualityAlarm');
    const endpoint = new QuantizedEndpoint(this, 'Endpoint', {
      ...served('Q4_K_M'),
      rollbackAlarms: [quality.alarm],
    });
    const monitor = new QualityMonitor(this, 'Quality', {
      endpoint,
      alarm: quality,
      promptSet: props.promptSet,
      reference: QualityReference.temporaryEndpoint(served('Q8_0')),
      promptsPerRun: 50,
      watchInterval: Duration.minutes(1),
    });
    new CfnOutput(this, 'EndpointName', { value: endpoint.endpointName });
    new CfnOutput(this, 'Report', { value: monitor.bucket.s3UrlForObject(monitor.reportKey) });
  }
}
