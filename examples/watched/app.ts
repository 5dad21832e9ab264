import { App } from 'aws-cdk-lib';
import { WatchedStoryTeller } from './watched-story-teller';

const app = new App();
new WatchedStoryTeller(app, 'WatchedStoryTeller', {
  modelsDirectory: '../models',
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
