import { App } from 'aws-cdk-lib';
import { Chat } from './chat';

const app = new App();
new Chat(app, 'Chat', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION ?? 'us-east-1' },
});
