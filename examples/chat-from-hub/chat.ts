import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { InstanceType, ModelSource, QuantizedEndpoint } from 'cdk-quantized-endpoints';
import type { Construct } from 'constructs';

/**
 * A chat model that is quantized already, from the Hugging Face hub. What is known of it lies in
 * `quantized-endpoints.lock.json`, which `qe models add Qwen/Qwen2.5-7B-Instruct-AWQ` writes.
 */
export class Chat extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const endpoint = new QuantizedEndpoint(this, 'Chat', {
      model: ModelSource.huggingFace('Qwen/Qwen2.5-7B-Instruct-AWQ', {
        revision: 'b25037543e9394b818fdfca67ab2a00ecc7dd641',
      }),
      instanceType: InstanceType.G6_2XLARGE,
      maxModelLen: 16_384,
      workload: { inputTokens: 1_024, outputTokens: 256 },
      maxMonthlyCost: 1_000,
    });
    new CfnOutput(this, 'EndpointName', { value: endpoint.endpointName });
  }
}
