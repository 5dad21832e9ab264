import { App } from 'aws-cdk-lib';
import { SleepyChat } from './sleepy-chat';

const app = new App();
new SleepyChat(app, 'SleepyChat', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION ?? 'us-east-1' },
});
