import { App } from 'aws-cdk-lib';
import { NeuronChat } from './neuron-chat';

const app = new App();
new NeuronChat(app, 'NeuronChat', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
