import { App } from 'aws-cdk-lib';
import { KioskAssistant } from './kiosk-assistant';

const app = new App();
new KioskAssistant(app, 'KioskAssistant', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
