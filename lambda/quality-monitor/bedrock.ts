import { BedrockRuntimeClient, ConverseCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { judgeLoss, judgeRequest, readVerdict, type ChatMessage } from '../../lib/monitor';

const VERDICT_TOKENS = 8;

/** A judge that is asked in both orders. */
export function bedrockJudge(modelId: string) {
  const client = new BedrockRuntimeClient({});
  return async (question: readonly ChatMessage[], reference: string, answer: string): Promise<number> => {
    const verdict = async (answerFirst: boolean) => {
      const { output } = await client.send(
        new ConverseCommand({
          modelId,
          messages: [{ role: 'user', content: [{ text: judgeRequest(question, reference, answer, answerFirst) }] }],
          inferenceConfig: { maxTokens: VERDICT_TOKENS, temperature: 0 },
        }),
      );
      return readVerdict(output?.message?.content?.[0]?.text ?? '', answerFirst);
    };
    return judgeLoss([await verdict(false), await verdict(true)]);
  };
}

/** Embeddings of a Bedrock model that takes `inputText`, as Amazon Titan does. */
export function bedrockEmbedder(modelId: string) {
  const client = new BedrockRuntimeClient({});
  return async (text: string): Promise<readonly number[]> => {
    const { body } = await client.send(
      new InvokeModelCommand({
        modelId,
        contentType: 'application/json',
        accept: 'application/json',
        // An empty text has no embedding.
        body: JSON.stringify({ inputText: text || ' ' }),
      }),
    );
    return readEmbedding(JSON.parse(new TextDecoder().decode(body)));
  };
}

/** Embeddings of a SageMaker endpoint that takes `inputs`, as Text Embeddings Inference does. */
export function endpointEmbedder(endpointName: string) {
  const client = new SageMakerRuntimeClient({});
  return async (text: string): Promise<readonly number[]> => {
    const { Body } = await client.send(
      new InvokeEndpointCommand({
        EndpointName: endpointName,
        ContentType: 'application/json',
        Body: Buffer.from(JSON.stringify({ inputs: text || ' ' })),
      }),
    );
    return readEmbedding(JSON.parse(Buffer.from(Body!).toString('utf8')));
  };
}

/** The list of numbers in an answer, however deep: `{"embedding": […]}`, `[[…]]`, `{"data": [{"embedding": […]}]}`. */
function readEmbedding(value: unknown): readonly number[] {
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every((entry) => typeof entry === 'number')) return value as number[];
    return readEmbedding(value[0]);
  }
  if (typeof value !== 'object' || value === null) throw new TypeError('the answer holds no embedding');
  const fields = value as Record<string, unknown>;
  return readEmbedding(fields.embedding ?? fields.embeddings ?? fields.data);
}
