import {
  InvokeEndpointWithResponseStreamCommand,
  type ResponseStream,
  type SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import { readChunks, runtimeFailure, TierFailure, type RuntimeError, type TierPort } from '../../lib/route';

/** A tier behind a SageMaker endpoint. */
export function sagemakerTier(
  client: SageMakerRuntimeClient,
  endpointName: string,
  inferenceComponentName: string | undefined,
): TierPort {
  return {
    async *stream({ fields, signal }) {
      try {
        const { Body } = await client.send(
          new InvokeEndpointWithResponseStreamCommand({
            EndpointName: endpointName,
            InferenceComponentName: inferenceComponentName,
            ContentType: 'application/json',
            Accept: 'text/event-stream',
            Body: Buffer.from(JSON.stringify(fields)),
          }),
          { abortSignal: signal },
        );
        yield* readChunks(parts(Body!));
      } catch (error) {
        throw error instanceof TierFailure ? error : runtimeFailure(error as RuntimeError);
      }
    },
  };
}

async function* parts(stream: AsyncIterable<ResponseStream>): AsyncGenerator<Uint8Array> {
  for await (const event of stream) {
    const broken = event.ModelStreamError ?? event.InternalStreamFailure;
    if (broken !== undefined) throw runtimeFailure(broken);
    if (event.PayloadPart?.Bytes !== undefined) yield event.PayloadPart.Bytes;
  }
}
