import type { ChatMessage } from './prompts';

/** A request of a user and what the endpoint answered, from data capture. */
export interface CapturedExchange {
  readonly id: string;
  /** The request as it was sent. */
  readonly request: string;
  readonly messages: readonly ChatMessage[];
  readonly answer: string;
}

/**
 * Chat completions in a file that SageMaker's data capture wrote: JSON lines of `captureData.endpointInput` and `endpointOutput`.
 * What is something else (a streamed answer, a failure, another format) is passed over.
 * Source: SageMaker developer guide, "Capture data from real-time endpoint".
 */
export function readCaptured(text: string): readonly CapturedExchange[] {
  return text.split('\n').flatMap((line) => {
    const record = parse(line);
    const { endpointInput, endpointOutput } = objectOf(objectOf(record).captureData);
    const request = dataOf(endpointInput);
    const answer = dataOf(endpointOutput);
    const id = objectOf(objectOf(record).eventMetadata).eventId;
    if (request === undefined || answer === undefined || typeof id !== 'string') return [];
    const messages = messagesOf(objectOf(parse(request)).messages);
    return messages.length === 0 ? [] : [{ id, request, messages, answer }];
  });
}

function dataOf(side: unknown): string | undefined {
  const { data, encoding } = objectOf(side);
  if (typeof data !== 'string') return undefined;
  return encoding === 'BASE64' ? new TextDecoder().decode(Uint8Array.from(atob(data), (c) => c.charCodeAt(0))) : data;
}

function messagesOf(value: unknown): readonly ChatMessage[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((turn) => {
    const { role, content } = objectOf(turn);
    return typeof role === 'string' && typeof content === 'string' ? [{ role, content }] : [];
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
