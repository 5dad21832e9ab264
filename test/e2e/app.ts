/**
 * The app that the end-to-end tests deploy: one endpoint with auto scaling, its file type and chat template given as context, so that one command
 * deploys it, another updates it, and a third tries what must fail.
 */
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { InstanceType, ModelSource, QuantizationScheme, QuantizedEndpoint, ServingContainer } from '../../index';

const app = new App();
const setting = (name: string): string => app.node.getContext(name) as string;

const stack = new Stack(app, 'EndToEnd', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
const endpoint = new QuantizedEndpoint(stack, 'Endpoint', {
  model: ModelSource.localDirectory(`examples/models/gutenberg-3m-${setting('fileType')}`, {
    configPath: 'examples/models/gutenberg-3m/config.json',
  }),
  quantization: QuantizationScheme.gguf(setting('fileType')),
  container: ServingContainer.llamaCpp(),
  instanceType: InstanceType.of('ml.c7i.xlarge'),
  maxModelLen: 512,
  minInstanceCount: 1,
  maxInstanceCount: 3,
  environment: { SM_LLAMA_CPP_CHAT_TEMPLATE: setting('chatTemplate') },
});
new CfnOutput(stack, 'EndpointName', { value: endpoint.endpointName });
