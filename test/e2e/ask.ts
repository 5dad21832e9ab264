import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { Deployment } from './cdk';

/** A chat request, greedy: sampled, so small a model now and then ends before its first word, and a sound deployment looks broken. */
export function chatRequest(content: string, maxTokens: number, more: Readonly<Record<string, unknown>> = {}): Buffer {
  const messages = [{ role: 'user', content }];
  return Buffer.from(JSON.stringify({ messages, max_tokens: maxTokens, temperature: 0, ...more }));
}

/** What an endpoint answers. */
export interface Answer {
  /** Name of the model that answered. */
  readonly model: string;
  readonly text: string;
}

/** Asks an endpoint, or one inference component on it, through the real client. */
export async function ask(
  { clientOptions }: Deployment,
  endpointName: string,
  body: Buffer,
  inferenceComponentName?: string,
): Promise<Answer> {
  const { Body } = await new SageMakerRuntimeClient(clientOptions).send(
    new InvokeEndpointCommand({
      EndpointName: endpointName,
      InferenceComponentName: inferenceComponentName,
      ContentType: 'application/json',
      Body: body,
    }),
  );
  const { choices, model } = JSON.parse(Buffer.from(Body!).toString('utf8'));
  return { model, text: choices[0].message.content };
}

/** Asks again for as long as the model has no copy: the request that is refused wakes it. */
export async function untilAwake<Given>(invoke: () => Promise<Given>): Promise<Given> {
  for (;;) {
    try {
      return await invoke();
    } catch (error) {
      expect(String(error)).toContain('no capacity to process this request');
      await sleep(200);
    }
  }
}
