/**
 * The app of the quality monitor's end-to-end test: an endpoint, its monitor, and full precision from an endpoint that the monitor makes
 * and deletes. Which model is served comes as context, so that one command deploys a sound one, and another one that lost quality.
 */
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import {
  DeploymentStrategy,
  InstanceType,
  ModelSource,
  QualityAlarm,
  QualityMonitor,
  QualityReference,
  QuantizationScheme,
  QuantizedEndpoint,
  ServingContainer,
  type QuantizedEndpointProps,
} from '../../index';

const app = new App();
const setting = (name: string): string => app.node.getContext(name) as string;

const stack = new Stack(app, 'Watched', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
const served = (directory: string, fileType: string): QuantizedEndpointProps => ({
  model: ModelSource.localDirectory(directory, { configPath: 'examples/models/gutenberg-3m/config.json' }),
  quantization: QuantizationScheme.gguf(fileType),
  container: ServingContainer.llamaCpp(),
  instanceType: InstanceType.of('ml.c7i.xlarge'),
  maxModelLen: 512,
  // The model continues text, and brings no template of its own.
  environment: { SM_LLAMA_CPP_CHAT_TEMPLATE: '{% for message in messages %}{{ message.content }}{% endfor %}' },
});
const quality = new QualityAlarm(stack, 'QualityAlarm');
const endpoint = new QuantizedEndpoint(stack, 'Endpoint', {
  ...served(setting('modelDirectory'), setting('fileType')),
  deploymentStrategy: DeploymentStrategy.allAtOnce({ bakeTime: Duration.minutes(Number(setting('bakeMinutes'))) }),
  rollbackAlarms: [quality.alarm],
});
const monitor = new QualityMonitor(stack, 'Quality', {
  endpoint,
  alarm: quality,
  promptSet: 'examples/quality-monitor/prompts.jsonl',
  reference: QualityReference.temporaryEndpoint(served(setting('referenceDirectory'), 'F16')),
  promptsPerRun: 50,
  watchInterval: Duration.minutes(1),
});
new CfnOutput(stack, 'EndpointName', { value: endpoint.endpointName });
new CfnOutput(stack, 'MonitorName', { value: monitor.monitorName });
new CfnOutput(stack, 'AlarmName', { value: quality.alarm.alarmName });
new CfnOutput(stack, 'FunctionName', { value: monitor.handler.functionName });
new CfnOutput(stack, 'BucketName', { value: monitor.bucket.bucketName });
new CfnOutput(stack, 'ReportKey', { value: monitor.reportKey });
