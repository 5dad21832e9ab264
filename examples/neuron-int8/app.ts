import { App } from 'aws-cdk-lib';
import { Int8OnInferentia } from './int8-on-inferentia';

const app = new App();
new Int8OnInferentia(app, 'Int8OnInferentia', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
