/**
 * The app that the end-to-end tests of optimization jobs deploy: a model, a job, and an endpoint that serves what the job
 * makes. What the tests change is given as context.
 */
import { App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { InstanceType, ModelSource, OptimizationJob, OptimizationTechnique, QuantizedEndpoint } from '../../index';

const app = new App();
const setting = (name: string) => app.node.tryGetContext(name) as string | undefined;

const stack = new Stack(app, 'Optimized', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
const bucket = new Bucket(stack, 'Results', { removalPolicy: RemovalPolicy.DESTROY });
const job = new OptimizationJob(stack, 'Job', {
  model: ModelSource.localDirectory('examples/models/gutenberg-3m-Q8_0', {
    configPath: 'examples/models/gutenberg-3m/config.json',
  }),
  technique: OptimizationTechnique.awq({ groupSize: Number(setting('groupSize') ?? 64) }),
  instanceType: InstanceType.G5_2XLARGE,
  outputBucket: bucket,
  maxRuntime: Duration.seconds(Number(setting('maxRuntime') ?? 3_600)),
  environment: {
    OPTION_AWQ_WEIGHT_BIT_WIDTH: setting('bits') ?? '4',
    LOCAL_AWS_JOB_SECONDS: setting('seconds') ?? '1',
  },
});
if (setting('endpoint') !== 'no') {
  // The local AWS copies the model where AWS would quantize it, and serves whatever image by llama.cpp.
  const endpoint = new QuantizedEndpoint(stack, 'Chat', {
    model: job.modelSource,
    container: job.servingContainer,
    instanceType: InstanceType.G5_2XLARGE,
    maxModelLen: 512,
    alarms: false,
  });
  new CfnOutput(stack, 'EndpointName', { value: endpoint.endpointName });
}
new CfnOutput(stack, 'JobName', { value: job.jobName });
new CfnOutput(stack, 'Image', { value: job.recommendedImage });
new CfnOutput(stack, 'OutputUri', { value: job.outputUri });
