/** The example of a watched endpoint, run from the root. */
import { App } from 'aws-cdk-lib';
import { WatchedStoryTeller } from '../../examples/watched/watched-story-teller';

const app = new App();
new WatchedStoryTeller(app, 'WatchedStoryTeller', {
  modelsDirectory: 'examples/models',
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
