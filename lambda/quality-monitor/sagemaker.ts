import {
  CreateEndpointCommand,
  DeleteEndpointCommand,
  DescribeEndpointCommand,
  DescribeInferenceComponentCommand,
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

/** An inference component is updated without its endpoint: what serves then is known by the model too. */
export async function describe({
  endpointName,
  inferenceComponentName,
}: EndpointAddress): Promise<Serving | undefined> {
  try {
    const endpoint = await describeEndpoint(endpointName);
    if (inferenceComponentName === undefined) return endpoint;
    const component = await describeComponent(inferenceComponentName);
    return {
      status: component.status,
      configName: `${endpoint.configName}.${component.configName}`,
      updating: endpoint.updating || component.updating,
    };
  } catch (error) {
    // SageMaker has no error of its own for what is not there.
    if ((error as Error).name === 'ValidationException') return undefined;
    throw error;
  }
}

async function describeEndpoint(endpointName: string): Promise<Serving> {
  const answer = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: endpointName }));
  const updating = answer.EndpointStatus === 'Updating';
  const pending = updating ? answer.PendingDeploymentSummary?.EndpointConfigName : undefined;
  return {
    status: answer.EndpointStatus ?? 'Unknown',
    configName: pending ?? answer.EndpointConfigName ?? 'unknown',
    updating,
  };
}

/** With a model for each type of instance, all of them. */
async function describeComponent(inferenceComponentName: string): Promise<Serving> {
  const answer = await sagemaker.send(
    new DescribeInferenceComponentCommand({ InferenceComponentName: inferenceComponentName }),
  );
  const models = [answer.Specification, ...(answer.Specifications ?? [])].map((one) => one?.ModelName);
  return {
    status: answer.InferenceComponentStatus ?? 'Unknown',
    configName: models.filter((name) => name !== undefined).join('.'),
    updating: answer.InferenceComponentStatus === 'Updating',
  };
}

export async function createEndpoint(endpointName: string, configName: string): Promise<void> {
  await sagemaker.send(new CreateEndpointCommand({ EndpointName: endpointName, EndpointConfigName: configName }));
}

export async function deleteEndpoint(endpointName: string): Promise<void> {
  await sagemaker.send(new DeleteEndpointCommand({ EndpointName: endpointName }));
}
