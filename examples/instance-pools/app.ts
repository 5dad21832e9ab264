import { App } from 'aws-cdk-lib';
import { AvailableChat } from './available-chat';

const app = new App();
new AvailableChat(app, 'AvailableChat', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION ?? 'us-east-1' },
});
