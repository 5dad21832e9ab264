import * as path from 'node:path';
import { CfnOutput, Duration, Stack, Validations, type StackProps } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  GgufEndpoint,
  GgufQuality,
  InstanceType,
  ModelSource,
  Tier,
  TieredEndpoints,
  type TieredEndpointsProps,
} from 'cdk-quantized-endpoints';
import type { Construct } from 'constructs';

/** Properties of `TieredStoryTeller`. */
export interface TieredStoryTellerProps extends StackProps {
  /** Where the models lie, relative to the directory in which the app runs. */
  readonly modelsDirectory: string;

  /**
   * Mean log-probability that the first tokens of the small model's answer must reach.
   *
   * @default - answers are not judged by it
   */
  readonly minMeanLogprob?: number;

  /**
   * What is different of the router.
   *
   * @default - nothing
   */
  readonly router?: Partial<TieredEndpointsProps>;
}

/**
 * Two quantizations of one model behind one URL: `Q4_K_M` answers what it can, `Q8_0` the rest. Send OpenAI's chat
 * requests to it, signed for IAM.
 */
export class TieredStoryTeller extends Stack {
  constructor(scope: Construct, id: string, props: TieredStoryTellerProps) {
    super(scope, id, props);

    const encryptionKey = new Key(this, 'Key', { enableKeyRotation: true });
    const storyTeller = (name: string, quality: GgufQuality, instanceType: string) =>
      new GgufEndpoint(this, name, {
        model: ModelSource.localDirectory(props.modelsDirectory, {
          configPath: path.join(props.modelsDirectory, 'gutenberg-3m', 'config.json'),
        }),
        quality,
        instanceType: InstanceType.of(instanceType),
        encryptionKey,
        maxModelLen: 512,
        maxConcurrency: 4,
        // The model continues text, and brings no template of its own.
        chatTemplate: '{% for message in messages %}{{ message.content }}{% endfor %}',
      });
    const router = new TieredEndpoints(this, 'Router', {
      tiers: [
        Tier.endpoint('fast', storyTeller('Fast', GgufQuality.BALANCED, 'ml.c7g.large'), {
          firstTokenTimeout: Duration.seconds(10),
          minMeanLogprob: props.minMeanLogprob,
        }),
        Tier.endpoint('quality', storyTeller('Quality', GgufQuality.HIGH, 'ml.c7g.xlarge')),
      ],
      rememberConversations: true,
      ...props.router,
    });
    Validations.of(router).acknowledge({
      id: 'TIER_WEIGHTS_NOT_CALIBRATED',
      reason: 'A model that only continues stories has no answers to calibrate by.',
    });
    new CfnOutput(this, 'Url', { value: router.url });
  }
}
