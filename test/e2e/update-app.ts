/**
 * The app of the end-to-end test of updates: one endpoint on two instances, whose model, context and way of taking over come as context, with an
 * alarm of the user's own that undoes an update.
 */
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Alarm, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import {
  DeploymentStrategy,
  InstanceType,
  ModelSource,
  QuantizationScheme,
  QuantizedEndpoint,
  ServingContainer,
} from '../../index';

const app = new App();
const setting = (name: string): string => app.node.getContext(name) as string;

const strategies: Readonly<Record<string, () => DeploymentStrategy>> = {
  canary: () => DeploymentStrategy.canary({ canaryPercentage: 50 }),
  linear: () => DeploymentStrategy.linear({ stepPercentage: 50 }),
  rolling: () => DeploymentStrategy.rolling({ batchPercentage: 50 }),
};

const stack = new Stack(app, 'Updated', {
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
const complaints = new Alarm(stack, 'Complaints', {
  alarmName: 'complaints',
  metric: new Metric({ namespace: 'Mine', metricName: 'Complaints' }),
  threshold: 1,
  evaluationPeriods: 1,
  treatMissingData: TreatMissingData.IGNORE,
});
const endpoint = new QuantizedEndpoint(stack, 'Endpoint', {
  model: ModelSource.localDirectory(`examples/models/gutenberg-3m-${setting('fileType')}`, {
    configPath: 'examples/models/gutenberg-3m/config.json',
  }),
  quantization: QuantizationScheme.gguf(setting('fileType')),
  container: ServingContainer.llamaCpp(),
  instanceType: InstanceType.of('ml.c7i.xlarge'),
  maxModelLen: 512,
  initialInstanceCount: 2,
  rollbackAlarms: [complaints],
  deploymentStrategy: strategies[setting('strategy')](),
  environment: { SM_LLAMA_CPP_CHAT_TEMPLATE: '{% for message in messages %}{{ message.content }}{% endfor %}' },
});
new CfnOutput(stack, 'EndpointName', { value: endpoint.endpointName });
