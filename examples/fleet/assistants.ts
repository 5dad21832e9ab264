import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import {
  DeploymentStrategy,
  InstanceType,
  ModelFleet,
  ModelSource,
  QuantizationScheme,
  RoutingStrategy,
  ScaleInStrategy,
  SmokeTest,
} from 'cdk-quantized-endpoints';
import type { Construct } from 'constructs';

/**
 * Three quantizations of a 7 B model, for three uses, on the four GPUs of one instance; a second instance comes when
 * they are busy. The planner packs their copies; `Assistants*.fleet.json` in the cloud assembly says which lies where.
 */
export class Assistants extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const bucket = Bucket.fromBucketName(this, 'Models', 'my-models');
    const weights = (prefix: string) => ModelSource.s3Prefix(bucket, prefix, { configPath: 'config.json' });
    const fleet = new ModelFleet(this, 'Fleet', {
      instanceType: InstanceType.G6_12XLARGE,
      maxInstanceCount: 2,
      routing: RoutingStrategy.leastOutstandingRequests(),
      managedScaleIn: { strategy: ScaleInStrategy.CONSOLIDATION },
      maxMonthlyCost: 10_000,
    });
    const chat = fleet.addModel('Chat', {
      model: weights('qwen2.5-7b-chat-fp8/'),
      quantization: QuantizationScheme.FP8,
      maxModelLen: 8_192,
      maxCopies: 3,
      workload: { inputTokens: 1_024, outputTokens: 256 },
    });
    const summaries = fleet.addModel('Summaries', {
      model: weights('qwen2.5-7b-summaries-awq/'),
      quantization: QuantizationScheme.AWQ,
      maxModelLen: 16_384,
      maxConcurrency: 4,
      deploymentStrategy: DeploymentStrategy.rolling({ batchPercentage: 50 }),
    });
    // Needed now and then: it goes when nobody asks, and makes room for the others.
    const contracts = fleet.addModel('Contracts', {
      model: weights('qwen2.5-7b-contracts-int8/'),
      quantization: QuantizationScheme.INT8_W8A8,
      maxModelLen: 8_192,
      minCopies: 0,
    });
    new SmokeTest(this, 'SmokeTest', {
      endpoint: chat,
      prompts: [{ text: 'What is the capital of France?', contains: 'Paris' }],
    });
    new CfnOutput(this, 'EndpointName', { value: fleet.endpointName });
    for (const [name, model] of Object.entries({ chat, summaries, contracts }))
      new CfnOutput(this, `${name[0].toUpperCase()}${name.slice(1)}Component`, {
        value: model.inferenceComponentName!,
      });
  }
}
