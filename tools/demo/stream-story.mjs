import { InvokeEndpointWithResponseStreamCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';

/**
 * Asks an endpoint to write on from `prompt`, and hands over the text as it comes.
 *
 * @param {import('@aws-sdk/client-sagemaker-runtime').SageMakerRuntimeClientConfig} clientConfig
 * @param {string} endpointName
 * @param {{ prompt: string, maxTokens: number, temperature: number, seed: number }} request
 * @param {(text: string) => void} onText
 * @returns {Promise<{ tokens: number, firstTokenMs: number, totalMs: number }>}
 */
export async function streamStory(clientConfig, endpointName, { prompt, maxTokens, temperature, seed }, onText) {
  const body = {
    messages: [{ role: 'user', content: prompt }],
    max_tokens: maxTokens,
    temperature,
    seed,
    stream: true,
    stream_options: { include_usage: true },
  };
  const began = performance.now();
  const { Body } = await new SageMakerRuntimeClient(clientConfig).send(
    new InvokeEndpointWithResponseStreamCommand({
      EndpointName: endpointName,
      ContentType: 'application/json',
      Body: Buffer.from(JSON.stringify(body)),
    }),
  );
  let firstTokenMs;
  let tokens = 0;
  for await (const event of serverSentEvents(Body)) {
    const text = event.choices[0]?.delta.content ?? '';
    if (text !== '') firstTokenMs ??= performance.now() - began;
    tokens = event.usage?.completion_tokens ?? tokens;
    onText(text);
  }
  return { tokens, firstTokenMs, totalMs: performance.now() - began };
}

/** The JSON objects of a server-sent event stream, whose events need not end where SageMaker's payload parts do. */
async function* serverSentEvents(stream) {
  const decoder = new TextDecoder();
  let unread = '';
  for await (const { PayloadPart } of stream) {
    unread += decoder.decode(PayloadPart.Bytes, { stream: true });
    const events = unread.split('\n\n');
    unread = events.pop();
    for (const event of events) {
      const data = event.replace(/^data: /, '');
      if (data !== '[DONE]') yield JSON.parse(data);
    }
  }
}
