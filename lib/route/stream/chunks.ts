import { asChunk, finishOf, type Chunk } from '../openai/chunk';
import { failureOf, TierFailure } from '../router/failure';
import { EventReader, type ServerEvent } from './events';
import { StreamCut } from './lines';

/**
 * The chunks of a model's answer, from the parts of its bytes.
 *
 * An answer is whole only if it says why it ended: a stream that just stops is cut, however the connection closed.
 *
 * @throws {TierFailure} `cut`; or what the model's server says in the middle of its stream
 */
export async function* readChunks(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Chunk> {
  const reader = new EventReader();
  let finished = false;
  const read = function* (events: readonly ServerEvent[]): Generator<Chunk> {
    for (const event of events) {
      if ('done' in event) continue;
      throwIfError(event.value);
      const chunk = asChunk(event.value);
      if (chunk === undefined) continue;
      finished ||= finishOf(chunk) !== null;
      yield chunk;
    }
  };
  try {
    for await (const part of parts) yield* read(reader.push(part));
    yield* read(reader.end());
  } catch (error) {
    if (error instanceof StreamCut || error instanceof SyntaxError) throw new TierFailure('cut', error.message);
    throw error;
  }
  if (!finished) throw new TierFailure('cut', 'the answer ended without its end');
}

/** Servers report what goes wrong after the status is gone as an event: `{"error": {"message": …, "code": 500}}`. */
function throwIfError(value: unknown): void {
  if (typeof value !== 'object' || value === null || !('error' in value)) return;
  const { error, code } = value as { error: unknown; code?: unknown };
  if (error === null || error === undefined) return;
  const told = (typeof error === 'object' ? error : { message: error, code }) as { message?: unknown; code?: unknown };
  const status = Number(told.code);
  throw failureOf(Number.isInteger(status) && status >= 400 ? status : 500, String(told.message ?? 'unknown error'));
}
