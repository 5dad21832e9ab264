/**
 * What the demonstration shows being refused: an AWQ model of 7 billion parameters on a V100, which has no kernel for it, with a context
 * that the model was not made for. Deployed, it would fail after the image is pulled and the weights are downloaded.
 */
import { App, Stack } from 'aws-cdk-lib';
import { InstanceType, ModelSource, QuantizedEndpoint } from '../../index';

const app = new App({
  context: { 'cdk-quantized-endpoints:lockFile': 'examples/chat-from-hub/quantized-endpoints.lock.json' },
});
const stack = new Stack(app, 'Wrong', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
new QuantizedEndpoint(stack, 'Endpoint', {
  model: ModelSource.huggingFace('Qwen/Qwen2.5-7B-Instruct-AWQ', {
    revision: 'b25037543e9394b818fdfca67ab2a00ecc7dd641',
  }),
  instanceType: InstanceType.of('ml.p3.2xlarge'),
  maxModelLen: 65_536,
});
