import {
  CreateEndpointCommand,
  DeleteEndpointCommand,
  DescribeEndpointCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { plainRequestBody, readAnswer, requestBody, type Answer, type MonitorPrompt } from '../../lib/monitor';
import type { EndpointAddress, Serving } from '../../lib/monitor/operate';

const sagemaker = new SageMakerClient({});
const runtime = new SageMakerRuntimeClient({});

/** Asks for log-probabilities too; a server that refuses those is asked without. */
export async function invoke(address: EndpointAddress, prompt: MonitorPrompt): Promise<Answer> {
  try {
    return await send(address, JSON.stringify(requestBody(prompt)));
  } catch (error) {
    if ((error as { OriginalStatusCode?: number }).OriginalStatusCode !== 400) throw error;
    return send(address, JSON.stringify(plainRequestBody(prompt)));
  }
}

/** A user's own request; a stream would come in another form. */
export function invokeRaw(address: EndpointAddress, request: string): Promise<Answer> {
  const fields = JSON.parse(request) as Record<string, unknown>;
  return send(address, JSON.stringify({ ...fields, stream: false, stream_options: undefined }));
}

async function send({ endpointName, inferenceComponentName }: EndpointAddress, body: string): Promise<Answer> {
  const { Body } = await runtime.send(
    new InvokeEndpointCommand({
      EndpointName: endpointName,
      InferenceComponentName: inferenceComponentName,
      ContentType: 'application/json',
      Body: Buffer.from(body),
    }),
  );
  return readAnswer(Buffer.from(Body!).toString('utf8'));
}

export async function describeEndpoint(endpointName: string): Promise<Serving | undefined> {
  try {
    const answer = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: endpointName }));
    const updating = answer.EndpointStatus === 'Updating';
    const pending = updating ? answer.PendingDeploymentSummary?.EndpointConfigName : undefined;
    return {
      status: answer.EndpointStatus ?? 'Unknown',
      configName: pending ?? answer.EndpointConfigName ?? 'unknown',
      updating,
    };
  } catch (error) {
    // SageMaker has no error of its own for what is not there.
    if ((error as Error).name === 'ValidationException') return undefined;
    throw error;
  }
}

export async function createEndpoint(endpointName: string, configName: string): Promise<void> {
  await sagemaker.send(new CreateEndpointCommand({ EndpointName: endpointName, EndpointConfigName: configName }));
}

export async function deleteEndpoint(endpointName: string): Promise<void> {
  await sagemaker.send(new DeleteEndpointCommand({ EndpointName: endpointName }));
}
