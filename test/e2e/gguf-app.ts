/** The example of `GgufEndpoint`, run from the root. */
import { App } from 'aws-cdk-lib';
import { GgufStoryTeller } from '../../examples/gguf/gguf-story-teller';

const app = new App();
new GgufStoryTeller(app, 'GgufStoryTeller', {
  modelsDirectory: 'examples/models',
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
