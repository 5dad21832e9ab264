import { App } from 'aws-cdk-lib';
import { QuantizedOnTheWay } from './quantized-on-the-way';

const app = new App();
new QuantizedOnTheWay(app, 'QuantizedOnTheWay', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
