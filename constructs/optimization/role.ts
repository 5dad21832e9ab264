import { Aws, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal, type IRole } from 'aws-cdk-lib/aws-iam';
import type { Construct, IDependable } from 'constructs';
import type { EndpointNetwork } from '../endpoint/network';
import { allowNetwork } from '../endpoint/role';
import { argueWildcard } from '../endpoint/wildcards';
import { argueRule } from '../shared/argue';
import type { BoundModel } from '../shared/model-source/bound-model';
import { ownArn } from '../shared/waiting-function';
import type { OptimizationJobProps } from './props';

/** The job's role, and what must exist before it is used. */
export interface JobRole {
  readonly role: IRole;
  readonly policies: readonly IDependable[];
}

/**
 * The role of a job: reads its model, writes its result, pulls its image, writes its logs, and nothing else.
 * Source: SageMaker API, CreateOptimizationJob, `RoleArn`.
 *
 * @param prefix of the results
 * @param repositoryArn of the image in which the job runs
 */
export function jobRole(
  scope: Construct,
  { role: given, outputBucket, encryptionKey }: OptimizationJobProps,
  model: BoundModel,
  prefix: string,
  repositoryArn: string,
  network: EndpointNetwork | undefined,
): JobRole {
  const role =
    given ??
    new Role(scope, 'Role', {
      assumedBy: new ServicePrincipal('sagemaker.amazonaws.com'),
      description:
        'What SageMaker does to optimize the model: read it, write the result, pull its image, write its logs',
    });
  const argue = (resource: string, reason: string) => {
    if (given === undefined) argueWildcard(role, resource, reason);
  };
  const policies: IDependable[] = [];
  const allow = (actions: string[], resources: string[], conditions?: Record<string, Record<string, unknown>>) => {
    const { policyDependable } = role.addToPrincipalPolicy(new PolicyStatement({ actions, resources, conditions }));
    if (policyDependable !== undefined) policies.push(policyDependable);
  };

  policies.push(...model.grantRead(role, argue));
  const results = outputBucket.arnForObjects(`${prefix}*`);
  allow(['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'], [results]);
  argue(results, 'The result is many files whose names the job chooses; nothing else in the bucket can be written.');
  allow(['s3:ListBucket'], [outputBucket.bucketArn], { StringLike: { 's3:prefix': [prefix, `${prefix}*`] } });
  for (const key of new Set([encryptionKey, outputBucket.encryptionKey])) {
    const grant = key?.grant(role, 'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey');
    if (grant !== undefined) policies.push(grant);
  }

  allow(['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], [repositoryArn]);
  allow(['ecr:GetAuthorizationToken'], ['*']);
  const { region, account } = Stack.of(scope);
  const logs = `arn:${Aws.PARTITION}:logs:${region}:${account}:log-group:/aws/sagemaker/*`;
  allow(['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'], [logs]);
  argue(logs, 'SageMaker names the log group of optimization jobs, and its streams after instances of its own.');
  allow(['cloudwatch:PutMetricData'], ['*'], {
    StringLike: { 'cloudwatch:namespace': ['AWS/SageMaker', '/aws/sagemaker/*'] },
  });
  argue(
    '*',
    'ecr:GetAuthorizationToken and cloudwatch:PutMetricData know no resources. Metrics are limited to the namespaces of SageMaker.',
  );
  if (network !== undefined) allowNetwork(network, allow, argue, (service, rest) => ownArn(scope, service, rest));
  if (given === undefined)
    argueRule(
      role,
      'IAMNoInlinePolicy',
      'The policy names this one job’s model, result and image; no other role could use it.',
    );
  return { role, policies };
}
