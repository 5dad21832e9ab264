import { App } from 'aws-cdk-lib';
import { TailoredChat } from './tailored-chat';

const app = new App();
new TailoredChat(app, 'TailoredChat', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION ?? 'us-east-1' },
});
