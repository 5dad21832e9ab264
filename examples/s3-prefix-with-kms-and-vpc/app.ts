import { App } from 'aws-cdk-lib';
import { PrivateChat } from './private-chat';

const app = new App();
new PrivateChat(app, 'PrivateChat', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION ?? 'us-east-1' },
});
