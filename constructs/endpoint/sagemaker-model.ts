import type { IResolvable } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import type { Construct, IDependable } from 'constructs';
import { argueCheck } from '../shared/argue';
import type { BoundModel } from '../shared/model-source/bound-model';
import type { BoundContainer } from '../shared/serving-container';
import type { EndpointNetwork } from './network';

/** A SageMaker model: an image, its variables, and where the weights are. */
export interface SageMakerModelProps {
  readonly container: BoundContainer;
  readonly model: BoundModel;
  readonly environment: Record<string, string>;
  /** A fleet knows it once it knows all its models. */
  readonly networkIsolation: boolean | IResolvable;
  /** Why the container is not isolated although its model comes from S3. */
  readonly networkReason?: string;
  readonly role: IRole;
  readonly network?: EndpointNetwork;
  /** Permissions of the role. */
  readonly policies: readonly IDependable[];
}

const DOWNLOADS = 'The container downloads the weights from the Hugging Face hub itself.';

export function makeSageMakerModel(scope: Construct, id: string, props: SageMakerModelProps): CfnModel {
  const { container, model, environment, networkIsolation, role, network, policies } = props;
  const { dataSource } = model;
  const cfnModel = new CfnModel(scope, id, {
    executionRoleArn: role.roleArn,
    enableNetworkIsolation: networkIsolation,
    primaryContainer: {
      image: container.imageUri,
      environment,
      ...(dataSource === undefined ? {} : { modelDataSource: { s3DataSource: dataSource } }),
    },
    ...(network === undefined ? {} : { vpcConfig: vpcConfig(network) }),
  });
  for (const [key, value] of Object.entries(model.metadata ?? {})) cfnModel.addMetadata(key, value);
  const reason = model.modelData === 'hub' ? DOWNLOADS : props.networkReason;
  if (networkIsolation !== true && reason !== undefined) argueCheck(cfnModel, 'CKV_AWS_370', reason);
  // Permissions are a resource of their own; without them the service cannot read the model that it is told to make.
  cfnModel.node.addDependency(...policies);
  return cfnModel;
}

export function vpcConfig({ subnetIds, securityGroupIds }: EndpointNetwork) {
  return { subnets: subnetIds, securityGroupIds };
}
