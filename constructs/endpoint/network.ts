import { Connections, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { QuantizedEndpointProps } from './props';

/** Where in a VPC the container runs. */
export interface EndpointNetwork {
  readonly connections: Connections;
  readonly subnetIds: string[];
  readonly securityGroupIds: string[];
}

/**
 * @param needsInternet the container itself downloads the model
 * @returns undefined without a VPC
 */
export function placeInVpc(
  scope: Construct,
  props: QuantizedEndpointProps,
  needsInternet: boolean,
): EndpointNetwork | undefined {
  const { vpc } = props;
  if (vpc === undefined) return undefined;
  const securityGroups = props.securityGroups ?? [
    new SecurityGroup(scope, 'SecurityGroup', {
      vpc,
      description: `Model container of ${scope.node.path}`.slice(0, 255),
      allowAllOutbound: props.allowAllOutbound ?? needsInternet,
    }),
  ];
  return {
    connections: new Connections({ securityGroups }),
    subnetIds: vpc.selectSubnets(props.vpcSubnets).subnetIds,
    securityGroupIds: securityGroups.map((group) => group.securityGroupId),
  };
}
