/** The CDK app of `cdk.json`: a real, if very small, language model from this repository. */
import { App } from 'aws-cdk-lib';
import { StoryTeller } from '../examples/local-directory/story-teller';

const app = new App();
new StoryTeller(app, 'StoryTeller', {
  modelsDirectory: 'examples/models',
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
  description: 'A small language model from this repository, served by llama.cpp',
});
