import * as path from 'node:path';
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EndpointObservability, GgufEndpoint, InstanceType, ModelSource, SmokeTest } from 'cdk-quantized-endpoints';
import type { Construct } from 'constructs';

/** Properties of `WatchedStoryTeller`. */
export interface WatchedStoryTellerProps extends StackProps {
  /** Where the models lie, relative to the directory in which the app runs. */
  readonly modelsDirectory: string;
}

/**
 * An endpoint that is asked some questions by each deployment, which is undone when the answers are broken, and watched
 * from then on: a dashboard with the plan in every graph, and alarms that tell a topic.
 */
export class WatchedStoryTeller extends Stack {
  constructor(scope: Construct, id: string, props: WatchedStoryTellerProps) {
    super(scope, id, props);

    const key = new Key(this, 'Key', { enableKeyRotation: true });
    // Without it, alarms go off and nobody hears of it.
    key.grantEncryptDecrypt(new ServicePrincipal('cloudwatch.amazonaws.com'));
    const alarmActions = [new SnsAction(new Topic(this, 'OnCall', { enforceSSL: true, masterKey: key }))];

    const endpoint = new GgufEndpoint(this, 'Endpoint', {
      model: ModelSource.localDirectory(props.modelsDirectory, {
        configPath: path.join(props.modelsDirectory, 'gutenberg-3m', 'config.json'),
      }),
      instanceType: InstanceType.of('ml.c7g.xlarge'),
      encryptionKey: key,
      maxModelLen: 512,
      maxConcurrency: 4,
      workload: { inputTokens: 64, outputTokens: 128 },
      alarmActions,
      // The model continues text, and brings no template of its own.
      chatTemplate: '{% for message in messages %}{{ message.content }}{% endfor %}',
    });
    new SmokeTest(this, 'SmokeTest', {
      endpoint,
      prompts: [{ text: 'It was a dark and stormy night' }],
      maxTokens: 24,
      // Of processors without a GPU the plan knows no speed.
      maxTimeToFirstToken: Duration.seconds(10),
      maxInterTokenTime: Duration.seconds(1),
    });
    const observability = new EndpointObservability(this, 'Observability', {
      endpoint,
      alarmActions,
      logRetention: RetentionDays.THREE_MONTHS,
      maxTimeToFirstToken: Duration.seconds(5),
      maxInterTokenTime: Duration.millis(200),
    });
    new CfnOutput(this, 'EndpointName', { value: endpoint.endpointName });
    new CfnOutput(this, 'Dashboard', { value: observability.dashboard.dashboardName });
  }
}
