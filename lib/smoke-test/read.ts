import { EventReader } from '../route/stream/events';
import type { Answer, StreamedAnswer } from './types';

/** An answer that is none: the server's error, bytes that are no text, a stream that broke. */
export class UnreadableAnswer extends Error {
  constructor(
    readonly id: string,
    message: string,
  ) {
    super(message);
    this.name = 'UnreadableAnswer';
  }
}

/**
 * A whole answer in the form of OpenAI's chat or text completions.
 *
 * @throws UnreadableAnswer
 */
export function readWhole(bytes: Uint8Array): Answer {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new UnreadableAnswer(
      error instanceof SyntaxError ? 'NOT_JSON' : 'NOT_UTF8',
      error instanceof SyntaxError ? 'the answer is no JSON' : 'the answer is no UTF-8',
    );
  }
  const { text, finish, completionTokens } = pieceOf(value);
  if (text === undefined) throw new UnreadableAnswer('NOT_A_COMPLETION', `the answer holds no text: ${shown(value)}`);
  return { text, finish, completionTokens };
}

/**
 * A streamed answer, with its times.
 *
 * @param now milliseconds
 * @param begun when the request was sent
 * @param deadline when the answer must have ended
 * @throws UnreadableAnswer
 */
export async function readStream(
  parts: AsyncIterable<Uint8Array>,
  now: () => number,
  begun: number,
  deadline = Infinity,
): Promise<StreamedAnswer> {
  const reader = new EventReader();
  const times: number[] = [];
  let text = '';
  let finish: string | undefined;
  let completionTokens: number | undefined;
  const take = (events: ReturnType<EventReader['push']>, at: number) => {
    for (const event of events) {
      if (!('value' in event)) continue;
      const piece = pieceOf(event.value);
      text += piece.text ?? '';
      if (piece.text) times.push(at);
      finish = piece.finish ?? finish;
      completionTokens = piece.completionTokens ?? completionTokens;
    }
  };
  try {
    for await (const part of parts) {
      const at = now();
      if (at > deadline) throw new UnreadableAnswer('TIMED_OUT', 'the answer did not end in the time that was left');
      take(reader.push(part), at);
    }
    take(reader.end(), now());
  } catch (error) {
    if (error instanceof UnreadableAnswer) throw error;
    throw new UnreadableAnswer('STREAM_BROKEN', `the stream broke: ${(error as Error).message}`);
  }
  return {
    text,
    finish,
    completionTokens,
    parts: times.length,
    ...(times.length === 0 ? {} : { firstTokenMs: times[0] - begun, restMs: times[times.length - 1] - times[0] }),
  };
}

interface Piece {
  readonly text?: string;
  readonly finish?: string;
  readonly completionTokens?: number;
}

/** Text, end and count in one event or answer: OpenAI's `delta`, `message` and `text`. */
function pieceOf(value: unknown): Piece {
  const root = objectOf(value);
  if (root.error !== undefined && root.choices === undefined)
    throw new UnreadableAnswer('SERVER_ERROR', `the server answered with an error: ${shown(root.error)}`);
  const choice = objectOf(Array.isArray(root.choices) ? root.choices[0] : undefined);
  const said = objectOf(choice.delta ?? choice.message);
  // A model that thinks first says so under a name of its own; its thoughts are tokens as any other.
  const text = [said.reasoning_content, said.content, choice.text].filter(
    (part): part is string => typeof part === 'string',
  );
  const { completion_tokens: tokens } = objectOf(root.usage);
  return {
    ...(text.length === 0 ? {} : { text: text.join('') }),
    ...(typeof choice.finish_reason === 'string' ? { finish: choice.finish_reason } : {}),
    ...(typeof tokens === 'number' ? { completionTokens: tokens } : {}),
  };
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

const SHOWN = 200;

function shown(value: unknown): string {
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, SHOWN);
}
