import { Aws, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { ownArn } from '../shared/waiting-function';
import { QUALITY_NAMESPACE } from './metrics';
import type { QualityMonitorProps } from './props';
import type { BoundReference } from './bound-reference';

/** What the function may do, and why each of its wildcards is needed. */
export interface MonitorPermissions {
  readonly statements: readonly PolicyStatement[];
  readonly wildcards: Readonly<Record<string, string>>;
}

/** Where the monitor writes, and what it reads. */
export interface MonitorPlaces {
  readonly bucket: IBucket;
  readonly prefix: string;
  readonly captured?: { readonly bucket: IBucket; readonly prefix: string };
}

export function monitorPermissions(
  scope: Construct,
  props: QualityMonitorProps,
  reference: BoundReference,
  componentName: string | undefined,
  { bucket, prefix, captured }: MonitorPlaces,
): MonitorPermissions {
  const statements: PolicyStatement[] = [];
  const wildcards: Record<string, string> = {};
  const allow = (actions: string[], resources: string[], conditions?: Record<string, Record<string, string>>) =>
    statements.push(new PolicyStatement({ actions, resources, conditions }));

  const { endpoint, embeddings, judgeModelId } = props;
  const components = [componentName, reference.inferenceComponentName].filter((name) => name !== undefined);
  const asked = [endpoint.endpointArn, reference.endpointArn, embeddings?.endpoint?.endpointArn].filter(
    (arn) => arn !== undefined,
  );
  allow(
    ['sagemaker:InvokeEndpoint'],
    [...asked, ...components.map((name) => ownArn(scope, 'sagemaker', `inference-component/${name}`))],
  );
  allow(
    ['sagemaker:DescribeEndpoint'],
    [endpoint.endpointArn, reference.endpointArn].filter((arn) => arn !== undefined),
  );
  if (componentName !== undefined)
    allow(
      ['sagemaker:DescribeInferenceComponent'],
      [ownArn(scope, 'sagemaker', `inference-component/${componentName}`)],
    );
  if (reference.endpointConfigArn !== undefined) {
    allow(['sagemaker:CreateEndpoint'], [reference.endpointArn!, reference.endpointConfigArn]);
    allow(['sagemaker:DeleteEndpoint'], [reference.endpointArn!]);
  }

  const objects = bucket.arnForObjects(`${prefix}*`);
  allow(['s3:GetObject', 's3:PutObject'], [objects]);
  wildcards[objects] =
    'The monitor names its files by configuration and time; nothing else in the bucket can be touched.';
  // Without it, S3 answers a file that is not there yet with "access denied".
  allow(['s3:ListBucket'], [bucket.bucketArn], { StringLike: { 's3:prefix': `${prefix}*` } });
  if (captured !== undefined) {
    const traffic = captured.bucket.arnForObjects(`${captured.prefix}*`);
    allow(['s3:GetObject'], [traffic]);
    wildcards[traffic] = 'SageMaker names each record by its time.';
    allow(['s3:ListBucket'], [captured.bucket.bucketArn], { StringLike: { 's3:prefix': `${captured.prefix}*` } });
  }
  for (const key of [bucket.encryptionKey, captured?.bucket.encryptionKey])
    if (key !== undefined) allow(['kms:Decrypt', 'kms:GenerateDataKey'], [key.keyArn]);

  allow(['cloudwatch:PutMetricData'], ['*'], { StringEquals: { 'cloudwatch:namespace': QUALITY_NAMESPACE } });
  wildcards['*'] =
    'CloudWatch knows no resources that publishing could be limited to; the namespace is one of this library.';
  const models = [judgeModelId, embeddings?.bedrockModelId].filter((id) => id !== undefined);
  for (const id of models) {
    for (const arn of modelArns(scope, id)) {
      allow(['bedrock:InvokeModel'], [arn]);
      if (arn.includes('*'))
        wildcards[arn] = 'An inference profile takes the request to any region of its geography; the model is named.';
    }
  }
  return { statements, wildcards };
}

/** Source: Amazon Bedrock user guide, "Prerequisites for inference profiles": the profile, and the model wherever it may run. */
function modelArns(scope: Construct, id: string): string[] {
  if (id.startsWith('arn:')) return [id];
  const { region } = Stack.of(scope);
  const profile = /^(?:us-gov|us|eu|apac|jp|au|ca|global)\.(.+)$/.exec(id);
  if (profile === null) return [`arn:${Aws.PARTITION}:bedrock:${region}::foundation-model/${id}`];
  return [
    ownArn(scope, 'bedrock', `inference-profile/${id}`),
    `arn:${Aws.PARTITION}:bedrock:*::foundation-model/${profile[1]}`,
  ];
}
