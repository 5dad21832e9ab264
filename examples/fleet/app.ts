import { App } from 'aws-cdk-lib';
import { Assistants } from './assistants';

const app = new App();
new Assistants(app, 'Assistants', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION ?? 'us-east-1' },
});
