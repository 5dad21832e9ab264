import { App } from 'aws-cdk-lib';
import { StoryTeller } from './story-teller';

const app = new App();
new StoryTeller(app, 'StoryTeller', {
  modelsDirectory: '../models',
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
