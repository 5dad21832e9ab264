import { App } from 'aws-cdk-lib';
import { TieredStoryTeller } from './tiered-story-teller';

const app = new App();
new TieredStoryTeller(app, 'TieredStoryTeller', {
  modelsDirectory: '../models',
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
