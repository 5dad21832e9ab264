/** The app that the end-to-end test of instance pools deploys: small weights where the type is small, better ones where it is not. */
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { InstanceType, ModelSource, QuantizationScheme, QuantizedEndpoint, ServingContainer } from '../../index';

const app = new App();
const stack = new Stack(app, 'PoolsEndToEnd', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
const weights = (fileType: string) =>
  ModelSource.localDirectory(`examples/models/gutenberg-3m-${fileType}`, {
    configPath: 'examples/models/gutenberg-3m/config.json',
  });
const endpoint = new QuantizedEndpoint(stack, 'Endpoint', {
  model: weights('Q8_0'),
  quantization: QuantizationScheme.gguf('Q8_0'),
  container: ServingContainer.llamaCpp(),
  instanceType: InstanceType.of('ml.c7i.4xlarge'),
  maxModelLen: 512,
  maxConcurrency: 2,
  fallbackPools: [
    {
      instanceType: InstanceType.of('ml.c7i.2xlarge'),
      model: weights('Q4_K_M'),
      quantization: QuantizationScheme.gguf('Q4_K_M'),
    },
    { instanceType: InstanceType.of('ml.m7i.2xlarge') },
  ],
  environment: {
    SM_LLAMA_CPP_CHAT_TEMPLATE: '{% for message in messages %}{{ message.content }}{% endfor %}',
  },
});
new CfnOutput(stack, 'EndpointName', { value: endpoint.endpointName });
