import { App } from 'aws-cdk-lib';
import { BusyChat } from './busy-chat';

const app = new App();
new BusyChat(app, 'BusyChat', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION ?? 'us-east-1' },
});
