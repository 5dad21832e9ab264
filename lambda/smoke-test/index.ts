import { createHash } from 'node:crypto';
import {
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import { smokeTestResource } from '../../lib/smoke-test';
import type { EndpointPort, SmokeTestSettings } from '../../lib/smoke-test';
import { customResourceHandler } from '../custom-resource';

/** A connection on which nothing comes for so long, milliseconds, is dead; an answer's first token may take a minute. */
const SILENCE_MS = 120_000;

const runtime = new SageMakerRuntimeClient({ requestHandler: { socketTimeout: SILENCE_MS } });

/** The custom resource of a `SmokeTest`. */
export const handler = customResourceHandler(
  smokeTestResource({
    endpoint: endpointPort,
    digest: (text) => createHash('sha256').update(text).digest('hex').slice(0, 16),
    log: (entry) => console.log(JSON.stringify(entry)),
  }),
);

function endpointPort({ endpointName, inferenceComponentName }: SmokeTestSettings): EndpointPort {
  const request = (body: string) => ({
    EndpointName: endpointName,
    InferenceComponentName: inferenceComponentName,
    ContentType: 'application/json',
    Body: Buffer.from(body),
  });
  return {
    async invoke(body) {
      const { Body } = await runtime.send(new InvokeEndpointCommand(request(body)));
      return Body ?? new Uint8Array();
    },
    async stream(body) {
      const { Body } = await runtime.send(new InvokeEndpointWithResponseStreamCommand(request(body)));
      return partsOf(Body ?? []);
    },
  };
}

async function* partsOf(
  events:
    | AsyncIterable<{ PayloadPart?: { Bytes?: Uint8Array }; ModelStreamError?: Error; InternalStreamFailure?: Error }>
    | readonly never[],
): AsyncGenerator<Uint8Array> {
  for await (const { PayloadPart, ModelStreamError, InternalStreamFailure } of events) {
    const failure = ModelStreamError ?? InternalStreamFailure;
    if (failure !== undefined) throw failure;
    if (PayloadPart?.Bytes !== undefined) yield PayloadPart.Bytes;
  }
}
