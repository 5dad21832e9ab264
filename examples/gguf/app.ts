import { App } from 'aws-cdk-lib';
import { GgufStoryTeller } from './gguf-story-teller';

const app = new App();
new GgufStoryTeller(app, 'GgufStoryTeller', {
  modelsDirectory: '../models',
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
