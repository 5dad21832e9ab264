import { Aws, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal, type IRole } from 'aws-cdk-lib/aws-iam';
import type { Construct, IDependable } from 'constructs';
import { argueRule } from '../shared/argue';
import { argueWildcard, type Argue } from './wildcards';

/** What the execution role must reach. */
export interface RoleNeeds {
  /** Known beforehand: the role is made before the endpoint. */
  readonly endpointName: string;
  /** Set in a VPC. */
  readonly network?: { readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] };
}

/** What one model on the endpoint adds. */
export interface ModelNeeds {
  readonly repositoryArn: string;
  /** Set where an inference component holds the model: its log lies elsewhere. */
  readonly componentName?: string;
}

/** A role, how to argue for the wildcards in its policy, and the policy itself. */
export interface ArguedRole {
  readonly role: IRole;
  readonly argue: Argue;
  /** Without it the service cannot do what it is told, such as to pull the image of the model that it is told to make. */
  readonly policies: readonly IDependable[];
  /**
   * Lets the role serve one more model.
   *
   * @returns what must exist before the service is told to make that model
   */
  readonly allowModel: (needs: ModelNeeds) => readonly IDependable[];
}

/**
 * The endpoint's execution role: the user's, else a new one. Either gets what SageMaker does in its name, and nothing
 * else.
 */
export function executionRole(scope: Construct, given: IRole | undefined, needs: RoleNeeds): ArguedRole {
  const role =
    given ??
    new Role(scope, 'Role', {
      assumedBy: new ServicePrincipal('sagemaker.amazonaws.com'),
      description: 'What SageMaker does to serve the model: pull its image, read its weights, write its logs',
    });
  if (given === undefined)
    argueRule(
      role,
      'IAMNoInlinePolicy',
      'The policy names the image, weights and logs of this one endpoint, and goes with its role; no other role could use it.',
    );
  const argue: Argue =
    given === undefined ? (resource, reason) => argueWildcard(role, resource, reason) : () => undefined;
  const policies: IDependable[] = [];
  const allow: Allow = (actions, resources, conditions) => {
    const { policyDependable } = role.addToPrincipalPolicy(new PolicyStatement({ actions, resources, conditions }));
    if (policyDependable !== undefined) policies.push(policyDependable);
  };
  const arn = (service: string, rest: string): string => {
    const { region, account } = Stack.of(scope);
    return `arn:${Aws.PARTITION}:${service}:${region}:${account}:${rest}`;
  };
  allowServing(needs, allow, argue, arn);
  if (needs.network !== undefined) allowNetwork(needs.network, allow, argue, arn);
  const images = new Set<string>();
  const allowModel = ({ repositoryArn, componentName }: ModelNeeds): readonly IDependable[] => {
    if (!images.has(repositoryArn)) allowPull(repositoryArn, allow);
    images.add(repositoryArn);
    if (componentName !== undefined) allowLogs(`InferenceComponents/${componentName}`, allow, argue, arn);
    return [...policies];
  };
  return { role, argue, policies, allowModel };
}

type Allow = (actions: string[], resources: string[], conditions?: Record<string, Record<string, unknown>>) => void;
type MakeArn = (service: string, rest: string) => string;

/** Source: SageMaker developer guide, "How to use SageMaker AI execution roles", CreateModel API. */
function allowServing(needs: RoleNeeds, allow: Allow, argue: Argue, arn: MakeArn): void {
  allow(['ecr:GetAuthorizationToken'], ['*']);
  allowLogs(`Endpoints/${needs.endpointName}`, allow, argue, arn);
  allow(['cloudwatch:PutMetricData'], ['*'], {
    StringLike: { 'cloudwatch:namespace': ['AWS/SageMaker', '/aws/sagemaker/*'] },
  });
  argue(
    '*',
    'ecr:GetAuthorizationToken, cloudwatch:PutMetricData and ec2:Describe* know no resources. Metrics are limited to the namespaces of SageMaker.',
  );
}

function allowPull(repositoryArn: string, allow: Allow): void {
  allow(['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], [repositoryArn]);
}

function allowLogs(name: string, allow: Allow, argue: Argue, arn: MakeArn): void {
  const logGroup = arn('logs', `log-group:/aws/sagemaker/${name}`);
  const logStreams = `${logGroup}:*`;
  allow(
    ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
    [logGroup, logStreams],
  );
  argue(logStreams, 'Log streams bear the names of instances, which exist only once the endpoint runs.');
}

/** Source: the same page, "If you run the model in a private VPC". */
export function allowNetwork(
  { subnetIds, securityGroupIds }: NonNullable<RoleNeeds['network']>,
  allow: Allow,
  argue: Argue,
  arn: MakeArn,
): void {
  const networkInterfaces = arn('ec2', 'network-interface/*');
  const subnets = subnetIds.map((id) => arn('ec2', `subnet/${id}`));
  const securityGroups = securityGroupIds.map((id) => arn('ec2', `security-group/${id}`));
  allow(['ec2:CreateNetworkInterface'], [networkInterfaces, ...subnets, ...securityGroups]);
  allow(
    ['ec2:CreateNetworkInterfacePermission', 'ec2:DeleteNetworkInterface', 'ec2:DeleteNetworkInterfacePermission'],
    [networkInterfaces],
  );
  argue(
    networkInterfaces,
    'SageMaker makes the network interfaces itself, so their ids are not known beforehand. It can make them in the given subnets only.',
  );
  allow(
    [
      'ec2:DescribeDhcpOptions',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSecurityGroups',
      'ec2:DescribeSubnets',
      'ec2:DescribeVpcs',
    ],
    ['*'],
  );
}
