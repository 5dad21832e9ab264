/**
 * The app that the end-to-end tests of Neuron endpoints deploy. The local AWS builds no image, and serves whatever image an
 * endpoint names by llama.cpp: what is tested is that everything is made, in order, and asks for the right things.
 */
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { InstanceType, ModelSource, NeuronEndpoint, NeuronQuantization, VllmNeuronImage } from '../../index';

const app = new App();
const setting = (name: string) => app.node.tryGetContext(name) as string | undefined;

const stack = new Stack(app, 'OnNeuron', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
const endpoint = new NeuronEndpoint(stack, 'Chat', {
  model: ModelSource.localDirectory('examples/models/gutenberg-3m-Q8_0', {
    configPath: 'examples/models/gutenberg-3m/config.json',
  }),
  quantization: NeuronQuantization.INT8,
  ...(setting('image') === 'own'
    ? { vllmImage: new VllmNeuronImage(stack, 'Image', { baseImage: setting('base') }) }
    : {}),
  instanceType: InstanceType.INF2_8XLARGE,
  maxModelLen: 512,
  maxConcurrency: Number(setting('batch') ?? 2),
  alarms: false,
});
new CfnOutput(stack, 'EndpointName', { value: endpoint.endpointName });
