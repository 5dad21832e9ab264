import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';

/** SDK clients of one run, with the region and the credentials of the environment. */
export interface Clients {
  readonly runtime: SageMakerRuntimeClient;
  readonly sagemaker: SageMakerClient;
  readonly cloudWatch: CloudWatchClient;
  close(): void;
}

/** Beyond it the machine, not the endpoint, would be measured. */
const MOST_STREAMS = 4096;

/** The wait is the caller's own: a retry or an early timeout of the SDK would be part of what is measured. */
export function openClients(): Clients {
  const runtime = new SageMakerRuntimeClient({
    maxAttempts: 1,
    requestHandler: { httpsAgent: { maxSockets: MOST_STREAMS }, httpAgent: { maxSockets: MOST_STREAMS } },
  });
  const sagemaker = new SageMakerClient({});
  const cloudWatch = new CloudWatchClient({});
  return {
    runtime,
    sagemaker,
    cloudWatch,
    close: () => [runtime, sagemaker, cloudWatch].forEach((client) => client.destroy()),
  };
}
