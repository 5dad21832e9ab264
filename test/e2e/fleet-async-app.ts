/** The app that the end-to-end test of asynchronous endpoints deploys: off at night, woken by what waits. */
import { App, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { InstanceType, ModelSource, QuantizationScheme, QuantizedEndpoint, ServingContainer } from '../../index';

const app = new App();
const stack = new Stack(app, 'AsyncEndToEnd', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
const bucket = new Bucket(stack, 'Bucket', { removalPolicy: RemovalPolicy.DESTROY });
const done = new Topic(stack, 'Done');
const endpoint = new QuantizedEndpoint(stack, 'Endpoint', {
  model: ModelSource.localDirectory('examples/models/gutenberg-3m-Q4_K_M', {
    configPath: 'examples/models/gutenberg-3m/config.json',
  }),
  quantization: QuantizationScheme.gguf('Q4_K_M'),
  container: ServingContainer.llamaCpp(),
  instanceType: InstanceType.of('ml.c7i.xlarge'),
  maxModelLen: 512,
  maxConcurrency: 2,
  minInstanceCount: 0,
  maxInstanceCount: 1,
  schedules: [{ schedule: Schedule.cron({ hour: '20', minute: '0' }), minCapacity: 0, maxCapacity: 0 }],
  asyncInference: {
    bucket,
    inputPrefix: 'requests',
    outputPrefix: 'answers',
    failurePrefix: 'failures',
    successTopic: done,
  },
  environment: {
    SM_LLAMA_CPP_CHAT_TEMPLATE: '{% for message in messages %}{{ message.content }}{% endfor %}',
  },
});
new CfnOutput(stack, 'EndpointName', { value: endpoint.endpointName });
new CfnOutput(stack, 'BucketName', { value: bucket.bucketName });
