import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeEndpointCommand, DescribeEndpointConfigCommand } from '@aws-sdk/client-sagemaker';
import type { MeasuredMemory } from '../../lib/benchmark';
import { SpecError } from '../../lib/errors';
import { findInstance } from '../../lib/hardware';
import type { Plan } from '../../lib/plan';
import type { Clients } from './clients';

/** What is deployed under an endpoint's name. */
export interface Deployed {
  readonly variantName: string;
  readonly instanceType: string | null;
}

/** @throws SpecError `ENDPOINT_NOT_FOUND`, `ENDPOINT_NOT_IN_SERVICE` */
export async function describeEndpoint({ sagemaker }: Clients, endpoint: string): Promise<Deployed> {
  let status: string | undefined;
  let config: string | undefined;
  try {
    const answer = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: endpoint }));
    status = answer.EndpointStatus;
    config = answer.EndpointConfigName;
  } catch (cause) {
    if ((cause as Error).name !== 'ValidationException') throw accessError(endpoint, cause);
    throw new SpecError('ENDPOINT_NOT_FOUND', `there is no endpoint ${endpoint}: ${(cause as Error).message}`, {
      got: endpoint,
      allowed: 'the name of an endpoint in this account and region',
      fix: 'check the name, AWS_REGION and AWS_PROFILE',
      cause,
    });
  }
  if (status !== 'InService' && status !== 'Updating')
    throw new SpecError('ENDPOINT_NOT_IN_SERVICE', `${endpoint} answers nobody: it is ${status}`, {
      got: status,
      allowed: 'InService',
      fix: 'wait until it is in service, or look at its failure reason',
    });
  const answer = await sagemaker.send(new DescribeEndpointConfigCommand({ EndpointConfigName: config }));
  const variant = answer.ProductionVariants?.[0];
  return { variantName: variant?.VariantName ?? 'AllTraffic', instanceType: variant?.InstanceType ?? null };
}

function accessError(endpoint: string, cause: unknown): SpecError {
  return new SpecError('ENDPOINT_NOT_READABLE', `${endpoint} cannot be looked up: ${(cause as Error).message}`, {
    got: (cause as Error).name,
    allowed: 'credentials that may call sagemaker:DescribeEndpoint and DescribeEndpointConfig',
    fix: 'check AWS_PROFILE, AWS_REGION and the permissions',
    cause,
  });
}

/** Metrics come once a minute. */
const PERIOD_SECONDS = 60;

/** The largest share of GPU memory that was in use from `from` on, beside what the plan says. */
export async function measureMemory(
  { cloudWatch }: Clients,
  endpoint: string,
  { variantName, instanceType }: Deployed,
  from: Date,
  plan: Plan | undefined,
): Promise<MeasuredMemory> {
  const instance = instanceType === null ? undefined : findInstance(instanceType);
  const gpus = instance?.acceleratorCount ?? 0;
  const plannedShare = plan === undefined ? null : sharePlanned(plan);
  if (gpus === 0) return { usedShare: null, plannedShare, instanceType };
  const { MetricDataResults } = await cloudWatch.send(
    new GetMetricDataCommand({
      // The minute in which the load began counts from its beginning.
      StartTime: new Date(Math.floor(from.getTime() / 60_000) * 60_000),
      EndTime: new Date(Date.now() + PERIOD_SECONDS * 1000),
      MetricDataQueries: [
        {
          Id: 'memory',
          MetricStat: {
            Metric: {
              Namespace: '/aws/sagemaker/Endpoints',
              MetricName: 'GPUMemoryUtilization',
              Dimensions: [
                { Name: 'EndpointName', Value: endpoint },
                { Name: 'VariantName', Value: variantName },
              ],
            },
            Period: PERIOD_SECONDS,
            Stat: 'Maximum',
          },
        },
      ],
    }),
  );
  const values = MetricDataResults?.[0]?.Values ?? [];
  // Per cent, added up over the GPUs. Source: SageMaker developer guide, "Endpoint instance metrics".
  const usedShare = values.length === 0 ? null : Math.max(...values) / 100 / gpus;
  return { usedShare, plannedShare, instanceType };
}

/** What the plan expects each accelerator to hold, as a share of its memory. */
function sharePlanned({ memory }: Plan): number | null {
  const parts = [memory.weights, memory.activations, memory.graphs, memory.runtime, memory.kvCache];
  if (memory.total === null || memory.total === 0 || parts.some((part) => part === null)) return null;
  return parts.reduce<number>((sum, part) => sum + part!, 0) / memory.total;
}
