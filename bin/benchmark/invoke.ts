import { Readable } from 'node:stream';
import {
  InvokeEndpointWithResponseStreamCommand,
  type SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import { FrameReader, TokenStreamRecorder, type RequestRecord, type TokenStream } from '../../lib/benchmark';

/** Where requests go. */
export interface Target {
  readonly endpoint: string;
  readonly inferenceComponent?: string;
}

export interface Invocation {
  readonly record: RequestRecord;
  readonly stream: TokenStream;
}

interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

/**
 * One streamed request. The SDK signs and sends it; the answer's bytes are taken as they come off the connection, because the SDK's own
 * event-stream decoder takes more of a core at 100 streams than the benchmark may.
 *
 * @param dueMs when the request should have been sent, by `performance.now()`
 */
export async function invokeStreaming(
  client: SageMakerRuntimeClient,
  target: Target,
  body: string,
  dueMs: number,
  signal: AbortSignal,
): Promise<Invocation> {
  const recorder = new TokenStreamRecorder();
  let failure: string | undefined;
  try {
    const answer = await send(client, target, body, signal);
    if (answer.statusCode >= 400) failure = await failureOf(answer);
    else failure = await receive(answer.body, recorder);
  } catch (error) {
    failure = nameOf(error, signal);
  }
  const endMs = performance.now();
  const stream = recorder.read(false);
  const error =
    failure ?? stream.error ?? (stream.ended || stream.firstTokenMs !== undefined ? undefined : 'EmptyAnswer');
  const { firstTokenMs, lastTokenMs, longestGapMs, promptTokens, outputTokens, countedBy } = stream;
  return {
    stream,
    record: {
      dueMs,
      endMs,
      firstTokenMs,
      lastTokenMs,
      longestGapMs,
      promptTokens,
      outputTokens,
      countedBy,
      ...(error === undefined ? {} : { error }),
    },
  };
}

async function send(
  client: SageMakerRuntimeClient,
  { endpoint, inferenceComponent }: Target,
  body: string,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const command = new InvokeEndpointWithResponseStreamCommand({
    EndpointName: endpoint,
    InferenceComponentName: inferenceComponent,
    ContentType: 'application/json',
    Body: Buffer.from(body),
  });
  let answer: HttpAnswer | undefined;
  // Innermost, so that the SDK's decoder sees an empty stream and the real one stays ours.
  command.middlewareStack.add(
    (next) => async (args) => {
      const { response } = await next(args);
      answer = response as HttpAnswer;
      return { response: { ...answer, statusCode: 200, headers: {}, body: Readable.from([]) } } as never;
    },
    { step: 'deserialize', priority: 'low', name: 'takeStream' },
  );
  await client.send(command, { abortSignal: signal });
  return answer!;
}

/** The failure's name; undefined when the stream came to its end. */
function receive(body: Readable, recorder: TokenStreamRecorder): Promise<string | undefined> {
  const reader = new FrameReader();
  let failure: string | undefined;
  let timeMs = 0;
  const take: Parameters<FrameReader['push']>[1] = (frame) => {
    if (frame.failure === undefined) recorder.add(frame.bytes, timeMs);
    else failure ??= frame.failure;
  };
  return new Promise((resolve, reject) => {
    body.on('data', (piece: Buffer) => {
      timeMs = performance.now();
      reader.push(piece, take);
    });
    body.on('end', () => resolve(failure ?? (reader.pending > 0 ? 'StreamBroken' : undefined)));
    body.on('error', reject);
  });
}

async function failureOf({ statusCode, headers, body }: HttpAnswer): Promise<string> {
  for await (const _ of body) {
    // Only the name is kept; the body is read so that the connection can be used again.
  }
  const type = headers['x-amzn-errortype'];
  return type?.split(/[:#]/)[0] ?? `Http${statusCode}`;
}

function nameOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'Timeout';
  const { code, name } = error as { code?: string; name?: string };
  return code ?? name ?? 'Error';
}
