import { Connections, Peer, Port, SecurityGroup, type ISecurityGroup, type IVpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { RealTimeEndpointProps } from './props';

type NetworkProps = Pick<RealTimeEndpointProps, 'vpc' | 'vpcSubnets' | 'securityGroups' | 'allowAllOutbound'>;

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
export function placeInVpc(scope: Construct, props: NetworkProps, needsInternet: boolean): EndpointNetwork | undefined {
  const { vpc } = props;
  if (vpc === undefined) return undefined;
  const securityGroups = props.securityGroups ?? [
    ownSecurityGroup(scope, vpc, props.allowAllOutbound ?? needsInternet),
  ];
  return {
    connections: new Connections({ securityGroups }),
    subnetIds: vpc.selectSubnets(props.vpcSubnets).subnetIds,
    securityGroupIds: securityGroups.map((group) => group.securityGroupId),
  };
}

function ownSecurityGroup(scope: Construct, vpc: IVpc, allowAllOutbound: boolean): ISecurityGroup {
  const description = `Model container of ${scope.node.path}`.slice(0, 255);
  const group = new SecurityGroup(scope, 'SecurityGroup', { vpc, description, allowAllOutbound });
  // SageMaker itself reads the model through the VPC, even for a container without any network.
  if (!allowAllOutbound) group.addEgressRule(Peer.anyIpv4(), Port.HTTPS, 'Model data in S3');
  return group;
}
