/**
 * The app of the smoke test's end-to-end test: one endpoint and its smoke test. Model and limits come as context, so that one command deploys a
 * sound model, and another one that is damaged or too slow.
 */
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import {
  InstanceType,
  ModelSource,
  QuantizationScheme,
  QuantizedEndpoint,
  ServingContainer,
  SmokeTest,
} from '../../index';

const app = new App();
const setting = (name: string): string | undefined => app.node.tryGetContext(name) as string | undefined;

const stack = new Stack(app, 'Tested', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
const endpoint = new QuantizedEndpoint(stack, 'Endpoint', {
  model: ModelSource.localDirectory(setting('modelDirectory')!, {
    configPath: 'examples/models/gutenberg-3m/config.json',
  }),
  quantization: QuantizationScheme.gguf('Q8_0'),
  container: ServingContainer.llamaCpp(),
  instanceType: InstanceType.of('ml.c7i.xlarge'),
  maxModelLen: 512,
  // The model continues text, and brings no template of its own.
  environment: { SM_LLAMA_CPP_CHAT_TEMPLATE: '{% for message in messages %}{{ message.content }}{% endfor %}' },
});
const smokeTest = new SmokeTest(stack, 'SmokeTest', {
  endpoint,
  prompts: [
    { text: 'It was a dark and stormy night', contains: setting('contains') },
    { text: 'What is the capital of France?' },
  ],
  maxTokens: 32,
  maxTimeToFirstToken: Duration.minutes(1),
  maxInterTokenTime: Duration.millis(Number(setting('maxInterTokenMs') ?? 60_000)),
});
new CfnOutput(stack, 'EndpointName', { value: endpoint.endpointName });
new CfnOutput(stack, 'FirstTokenMilliseconds', { value: smokeTest.firstTokenMilliseconds });
