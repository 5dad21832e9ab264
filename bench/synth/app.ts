/**
 * One measurement, in a process of its own as a real synth is: `app.cjs <ours|l1> <endpoints>` prints milliseconds of
 * processor time from the first construct to the written assembly, which other work on the machine does not stretch
 * as it does time on the clock. Both write the same resources.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, Aws, Stack } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnPolicy, CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnEndpoint, CfnEndpointConfig, CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import { InstanceType, ModelSource, QuantizedEndpoint } from 'cdk-quantized-endpoints';

/** CloudFormation takes 500 resources a stack. */
const ENDPOINTS_PER_STACK = 50;

const CONFIG = {
  architectures: ['Qwen2ForCausalLM'],
  hidden_size: 3584,
  intermediate_size: 18944,
  max_position_embeddings: 32768,
  model_type: 'qwen2',
  num_attention_heads: 28,
  num_hidden_layers: 28,
  num_key_value_heads: 4,
  tie_word_embeddings: false,
  torch_dtype: 'float16',
  vocab_size: 152064,
  quantization_config: { bits: 4, group_size: 128, quant_method: 'awq', version: 'gemm', zero_point: true },
};
const MODEL = 'Qwen/Qwen2.5-7B-Instruct-AWQ';
const REVISION = 'b25037543e9394b818fdfca67ab2a00ecc7dd641';

function ours(stack: Stack, id: string): void {
  new QuantizedEndpoint(stack, id, {
    model: ModelSource.huggingFace(MODEL, { revision: REVISION, config: CONFIG }),
    instanceType: InstanceType.G6_2XLARGE,
    maxModelLen: 16_384,
    workload: { inputTokens: 1024, outputTokens: 256 },
  });
}

function level1(stack: Stack, id: string): void {
  const endpointName = `${stack.stackName}-${id}`;
  const tags = [
    { key: 'cdk-quantized-endpoints:model', value: MODEL },
    { key: 'cdk-quantized-endpoints:quantization', value: 'awq' },
  ];
  const role = new CfnRole(stack, `${id}Role`, {
    assumeRolePolicyDocument: {
      Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' } }],
      Version: '2012-10-17',
    },
    description: 'What SageMaker does to serve the model: pull its image, read its weights, write its logs',
    tags,
  });
  const logGroup = `arn:${Aws.PARTITION}:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/${endpointName}`;
  const policy = new CfnPolicy(stack, `${id}Policy`, {
    policyName: `${id}Policy`,
    roles: [role.ref],
    policyDocument: {
      Statement: [
        {
          Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
          Effect: 'Allow',
          Resource: `arn:${Aws.PARTITION}:ecr:us-east-1:763104351884:repository/djl-inference`,
        },
        { Action: 'ecr:GetAuthorizationToken', Effect: 'Allow', Resource: '*' },
        {
          Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
          Effect: 'Allow',
          Resource: [logGroup, `${logGroup}:*`],
        },
        {
          Action: 'cloudwatch:PutMetricData',
          Condition: { StringLike: { 'cloudwatch:namespace': ['AWS/SageMaker', '/aws/sagemaker/*'] } },
          Effect: 'Allow',
          Resource: '*',
        },
      ],
      Version: '2012-10-17',
    },
  });
  const model = new CfnModel(stack, `${id}Model`, {
    enableNetworkIsolation: false,
    executionRoleArn: role.attrArn,
    primaryContainer: {
      environment: { HF_MODEL_ID: MODEL, HF_REVISION: REVISION, OPTION_MAX_MODEL_LEN: '16384' },
      image: `763104351884.dkr.ecr.us-east-1.${Aws.URL_SUFFIX}/djl-inference:0.38.0-lmi29.0.0-cu130`,
    },
    tags,
  });
  model.addResourceDependency(policy);
  const config = new CfnEndpointConfig(stack, `${id}Config`, {
    productionVariants: [
      {
        containerStartupHealthCheckTimeoutInSeconds: 900,
        initialInstanceCount: 1,
        initialVariantWeight: 1,
        instanceType: 'ml.g6.2xlarge',
        modelName: model.attrModelName,
        routingConfig: { routingStrategy: 'LEAST_OUTSTANDING_REQUESTS' },
        variantName: 'AllTraffic',
      },
    ],
    tags,
  });
  const watched = [
    { metricName: 'Invocation5XXErrors', statistic: 'Sum', threshold: 1 },
    { metricName: 'ModelLatency', extendedStatistic: 'p90', threshold: 16_000_000 },
    { metricName: 'ConcurrentRequestsPerModel', statistic: 'Maximum', threshold: 16 },
  ];
  const alarms = watched.map(
    (props) =>
      new CfnAlarm(stack, `${id}${props.metricName}`, {
        ...props,
        alarmDescription: `${props.metricName} of the endpoint is out of what is planned`,
        comparisonOperator: 'GreaterThanThreshold',
        dimensions: [
          { name: 'EndpointName', value: endpointName },
          { name: 'VariantName', value: 'AllTraffic' },
        ],
        evaluationPeriods: 3,
        namespace: 'AWS/SageMaker',
        period: 60,
        treatMissingData: 'notBreaching',
        tags,
      }),
  );
  new CfnEndpoint(stack, id, {
    deploymentConfig: {
      autoRollbackConfiguration: { alarms: alarms.slice(0, 2).map(({ ref }) => ({ alarmName: ref })) },
      blueGreenUpdatePolicy: {
        maximumExecutionTimeoutInSeconds: 2523,
        trafficRoutingConfiguration: { type: 'ALL_AT_ONCE', waitIntervalInSeconds: 300 },
      },
    },
    endpointConfigName: config.attrEndpointConfigName,
    endpointName,
    tags,
  });
}

const [, , kind, count] = process.argv;
const make = kind === 'ours' ? ours : level1;
const outdir = mkdtempSync(path.join(tmpdir(), 'synth-'));
const begun = process.cpuUsage();
const app = new App({ outdir });
let stack: Stack | undefined;
for (let index = 0; index < Number(count); index++) {
  if (index % ENDPOINTS_PER_STACK === 0)
    stack = new Stack(app, `Stack${index / ENDPOINTS_PER_STACK}`, {
      env: { account: '123456789012', region: 'us-east-1' },
    });
  make(stack!, `Endpoint${index}`);
}
app.synth();
const { user, system } = process.cpuUsage(begun);
console.log((user + system) / 1000);
rmSync(outdir, { recursive: true, force: true });
