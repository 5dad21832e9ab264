import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand } from '@aws-sdk/client-application-auto-scaling';
import {
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  DescribeInferenceComponentCommand,
  DescribeModelCommand,
  ListInferenceComponentsCommand,
  SageMakerClient,
  type ContainerDefinition,
} from '@aws-sdk/client-sagemaker';
import type { EndpointFacts } from '../../lib/diff';
import { SpecError } from '../../lib/errors';

/**
 * What the account says of an endpoint, its present number of instances among it.
 *
 * @throws SpecError `ENDPOINT_UNREADABLE`
 */
export async function deployedEndpoint(endpointName: string): Promise<EndpointFacts> {
  try {
    return await describe(endpointName);
  } catch (cause) {
    const { name, message } = cause as Error;
    throw new SpecError('ENDPOINT_UNREADABLE', `the endpoint ${endpointName} cannot be read: ${name}: ${message}`, {
      got: endpointName,
      allowed: 'an endpoint of this account and region that may be described',
      fix: 'check AWS_PROFILE and AWS_REGION; `qe doctor` says which account that is',
      cause,
    });
  }
}

async function describe(endpointName: string): Promise<EndpointFacts> {
  const sagemaker = new SageMakerClient({});
  const endpoint = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: endpointName }));
  const config = await sagemaker.send(
    new DescribeEndpointConfigCommand({ EndpointConfigName: endpoint.EndpointConfigName }),
  );
  const variant = config.ProductionVariants?.[0];
  const running = endpoint.ProductionVariants?.[0];
  const container = await containerOf(sagemaker, endpointName, variant?.ModelName);
  const { ScalableTargets: targets = [] } = await new ApplicationAutoScalingClient({}).send(
    new DescribeScalableTargetsCommand({
      ServiceNamespace: 'sagemaker',
      ResourceIds: [`endpoint/${endpointName}/variant/${variant?.VariantName}`],
    }),
  );
  const managed = variant?.ManagedInstanceScaling;
  return {
    source: 'service',
    key: endpointName,
    endpointName,
    instanceType: variant?.InstanceType,
    image: container?.Image,
    environment: container?.Environment ?? {},
    weights: container?.ModelDataSource?.S3DataSource?.S3Uri ?? container?.ModelDataUrl,
    initialInstanceCount: variant?.InitialInstanceCount,
    minInstanceCount: targets[0]?.MinCapacity ?? managed?.MinInstanceCount ?? variant?.InitialInstanceCount,
    maxInstanceCount: targets[0]?.MaxCapacity ?? managed?.MaxInstanceCount ?? variant?.InitialInstanceCount,
    currentInstanceCount: running?.CurrentInstanceCount,
    scales: targets.length > 0 || managed?.Status === 'ENABLED',
    retainsCount: targets.length > 0,
    hostsComponents: variant !== undefined && variant.ModelName === undefined,
  };
}

async function containerOf(
  sagemaker: SageMakerClient,
  endpointName: string,
  modelName: string | undefined,
): Promise<ContainerDefinition | undefined> {
  const served = modelName ?? (await modelOfComponent(sagemaker, endpointName));
  if (served === undefined) return undefined;
  const model = await sagemaker.send(new DescribeModelCommand({ ModelName: served }));
  return model.PrimaryContainer ?? model.Containers?.[0];
}

async function modelOfComponent(sagemaker: SageMakerClient, endpointName: string): Promise<string | undefined> {
  const { InferenceComponents: [first] = [] } = await sagemaker.send(
    new ListInferenceComponentsCommand({ EndpointNameEquals: endpointName, MaxResults: 1 }),
  );
  if (first === undefined) return undefined;
  const component = await sagemaker.send(
    new DescribeInferenceComponentCommand({ InferenceComponentName: first.InferenceComponentName }),
  );
  return component.Specification?.ModelName;
}
