/** The app that the end-to-end tests of edge components deploy. Models lie in a bucket that the tests fill. */
import { App, CfnOutput, Size, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { EdgeArchitecture, GgufEdgeDeployment, GgufQuality } from '../../index';

const app = new App();
const setting = (name: string) => app.node.tryGetContext(name) as string | undefined;

const stack = new Stack(app, 'OnTheEdge', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
const deployment = new GgufEdgeDeployment(stack, 'Assistant', {
  bucket: Bucket.fromBucketName(stack, 'Models', 'edge-models'),
  prefix: 'gutenberg/',
  files: [{ path: setting('file') ?? 'gutenberg-3m-Q4_K_M.gguf' }, { path: 'gutenberg-3m-Q8_0.gguf' }],
  quality: setting('quality') === 'high' ? GgufQuality.HIGH : GgufQuality.BALANCED,
  configPath: 'examples/models/gutenberg-3m/config.json',
  device: { memory: Size.gibibytes(4), architecture: EdgeArchitecture.AARCH64 },
  maxModelLen: 512,
  targetArn: `arn:aws:iot:us-east-1:000000000000:thinggroup/kiosks`,
});
new CfnOutput(stack, 'ComponentArn', { value: deployment.componentVersionArn });
new CfnOutput(stack, 'DeploymentId', { value: deployment.deploymentId });
