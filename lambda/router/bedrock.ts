import {
  ConverseStreamCommand,
  type BedrockRuntimeClient,
  type ConverseStreamCommandInput,
} from '@aws-sdk/client-bedrock-runtime';
import {
  bedrockFailure,
  converseChunks,
  TierFailure,
  toConverse,
  type ConverseEvent,
  type TierPort,
} from '../../lib/route';

/** A tier that is a model or an inference profile of Bedrock. */
export function bedrockTier(client: BedrockRuntimeClient, modelId: string): TierPort {
  return {
    async *stream({ fields, signal }) {
      try {
        const request = { modelId, ...toConverse(fields) } as unknown as ConverseStreamCommandInput;
        const { stream } = await client.send(new ConverseStreamCommand(request), { abortSignal: signal });
        yield* converseChunks(stream as AsyncIterable<ConverseEvent>);
      } catch (error) {
        throw error instanceof TierFailure ? error : bedrockFailure(error as Error);
      }
    },
  };
}
