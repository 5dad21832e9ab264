import { App } from 'aws-cdk-lib';
import { NightShift } from './night-shift';

const app = new App();
new NightShift(app, 'NightShift', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION ?? 'us-east-1' },
});
