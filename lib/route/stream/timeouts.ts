import { TierFailure } from '../router/failure';

/** How long a stream may keep silent. Times in milliseconds. */
export interface StreamTimeouts {
  readonly firstMs: number;
  readonly idleMs: number;
  /** Time that is left for all of it. */
  readonly totalMs: number;
}

/** Sets a timer and returns what clears it. */
export type SetTimer = (callback: () => void, milliseconds: number) => () => void;

/**
 * Passes a stream on as long as it keeps to its times; then it is abandoned by `abort`, and fails.
 *
 * @throws {TierFailure} `timeout`
 */
export async function* withTimeouts<T>(
  stream: AsyncIterable<T>,
  { firstMs, idleMs, totalMs }: StreamTimeouts,
  abort: () => void,
  setTimer: SetTimer,
): AsyncGenerator<T> {
  const iterator = stream[Symbol.asyncIterator]();
  let expire: (failure: TierFailure) => void = () => undefined;
  const expired = new Promise<never>((_, reject) => (expire = reject));
  // Whoever is not waiting when it happens learns of it at the next step.
  expired.catch(() => undefined);
  const clearTotal = setTimer(() => expire(new TierFailure('timeout', 'no time is left for the answer')), totalMs);
  let allowed = firstMs;
  let isOver = false;
  try {
    for (;;) {
      const silence = allowed;
      const clear = setTimer(() => expire(new TierFailure('timeout', `nothing came for ${silence} ms`)), silence);
      let step: IteratorResult<T>;
      try {
        step = await Promise.race([iterator.next(), expired]);
      } finally {
        clear();
      }
      if (step.done === true) {
        isOver = true;
        return;
      }
      yield step.value;
      allowed = idleMs;
    }
  } finally {
    clearTotal();
    if (!isOver) {
      abort();
      // Not waited for: a source that hangs would hold its reader as well.
      void iterator.return?.(undefined)?.catch(() => undefined);
    }
  }
}
