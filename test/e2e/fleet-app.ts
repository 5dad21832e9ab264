/**
 * The app that the end-to-end tests of fleets deploy: two quantizations of one model share the instances of an endpoint
 * that scales to zero, and one of them has an adapter.
 */
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { InstanceType, ModelFleet, ModelSource, QuantizationScheme, ServingContainer, SmokeTest } from '../../index';

const app = new App();
const setting = (name: string): string => app.node.getContext(name) as string;

const stack = new Stack(app, 'FleetEndToEnd', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
const fleet = new ModelFleet(stack, 'Fleet', {
  instanceType: InstanceType.of('ml.c7i.2xlarge'),
  minInstanceCount: 0,
  maxInstanceCount: 2,
});
const add = (id: string, fileType: string, chatTemplate: string) =>
  fleet.addModel(id, {
    model: ModelSource.localDirectory(`examples/models/gutenberg-3m-${fileType}`, {
      configPath: 'examples/models/gutenberg-3m/config.json',
    }),
    quantization: QuantizationScheme.gguf(fileType),
    container: ServingContainer.llamaCpp(),
    maxModelLen: 512,
    maxConcurrency: 2,
    minCopies: 0,
    maxCopies: 2,
    environment: { SM_LLAMA_CPP_CHAT_TEMPLATE: chatTemplate },
    enableLora: id === 'Large',
  });
const plain = '{% for message in messages %}{{ message.content }}{% endfor %}';
const small = add('Small', 'Q4_K_M', setting('chatTemplate'));
const large = add('Large', 'Q8_0', plain);
// llama.cpp's image is not known to load adapters, which is a warning; the local AWS keeps them and lets the base answer.
const adapter = large.addAdapter('Pirate', {
  bucket: Bucket.fromBucketName(stack, 'Adapters', setting('adapterBucket')),
  key: 'pirate.tar.gz',
});
const tested = new SmokeTest(stack, 'Tested', {
  endpoint: large,
  prompts: [{ text: 'It was a dark and stormy night' }],
  maxTokens: 16,
});
new CfnOutput(stack, 'FirstTokenMilliseconds', { value: tested.firstTokenMilliseconds });
new CfnOutput(stack, 'EndpointName', { value: fleet.endpointName });
new CfnOutput(stack, 'Small', { value: small.inferenceComponentName! });
new CfnOutput(stack, 'Large', { value: large.inferenceComponentName! });
new CfnOutput(stack, 'Adapter', { value: adapter.inferenceComponentName! });
