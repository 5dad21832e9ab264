/** The app that the end-to-end test of scaling to zero deploys: the fewest instances are context, so that one command turns it on. */
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { InstanceType, ModelSource, QuantizationScheme, QuantizedEndpoint, ServingContainer } from '../../index';

const app = new App();
const stack = new Stack(app, 'ZeroEndToEnd', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
const endpoint = new QuantizedEndpoint(stack, 'Endpoint', {
  model: ModelSource.localDirectory('examples/models/gutenberg-3m-Q4_K_M', {
    configPath: 'examples/models/gutenberg-3m/config.json',
  }),
  quantization: QuantizationScheme.gguf('Q4_K_M'),
  container: ServingContainer.llamaCpp(),
  instanceType: InstanceType.of('ml.c7i.xlarge'),
  maxModelLen: 512,
  maxConcurrency: 2,
  minInstanceCount: Number(app.node.getContext('minInstanceCount')),
  maxInstanceCount: 2,
  environment: {
    SM_LLAMA_CPP_CHAT_TEMPLATE: '{% for message in messages %}{{ message.content }}{% endfor %}',
  },
});
new CfnOutput(stack, 'EndpointName', { value: endpoint.endpointName });
new CfnOutput(stack, 'Component', { value: endpoint.inferenceComponentName ?? 'none' });
