/** An answer's stream, read. */
export interface TokenStream {
  readonly firstTokenMs?: number;
  readonly lastTokenMs?: number;
  readonly longestGapMs?: number;
  readonly promptTokens?: number;
  readonly outputTokens?: number;
  readonly countedBy: 'server' | 'events';
  readonly text: string;
  /** An error that the server wrote into the stream. */
  readonly error?: string;
  /** Whether the stream said that it was done. */
  readonly ended: boolean;
}

interface Event {
  readonly timeMs: number;
  /** With its lines' names: `data: …`. */
  readonly bytes: Uint8Array;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const DONE = '[DONE]';
/** A few dozen tokens. */
const FIRST_BYTES = 16 * 1024;
const decoder = new TextDecoder();

/**
 * Takes the pieces of a streamed chat completion with the time each came at, and reads them when all is over: reading while others
 * stream would take time from what is measured. Most events are never decoded: between the first and the last token only their times
 * count.
 */
export class TokenStreamRecorder {
  // One store a stream instead of a piece an event: what is kept alive costs the collector as much as the reader.
  private store: Uint8Array = new Uint8Array(FIRST_BYTES);
  private length = 0;
  /** Where each piece ends in the store, and when it came. */
  private readonly ends: number[] = [];
  private readonly times: number[] = [];

  add(bytes: Uint8Array, timeMs: number): void {
    if (this.length + bytes.length > this.store.length) {
      const larger = new Uint8Array(2 * (this.length + bytes.length));
      larger.set(this.store.subarray(0, this.length));
      this.store = larger;
    }
    this.store.set(bytes, this.length);
    this.length += bytes.length;
    this.ends.push(this.length);
    this.times.push(timeMs);
  }

  /** @param wantsText reading the text costs more than the figures alone */
  read(wantsText = true): TokenStream {
    return readEvents(this.events(), wantsText);
  }

  /** Server-sent events that carry data, each at the time of the piece that ended it. */
  private events(): Event[] {
    const events: Event[] = [];
    const { store, length, ends, times } = this;
    let from = 0;
    let piece = 0;
    for (let at = store.indexOf(LINE_FEED); at >= 0 && at < length; at = store.indexOf(LINE_FEED, at + 1)) {
      // The line feed before this one, a carriage return between them left out, makes the empty line that ends an event.
      const before = store[at - 1] === CARRIAGE_RETURN ? at - 2 : at - 1;
      if (before < from || store[before] !== LINE_FEED) continue;
      while (ends[piece] <= at) piece++;
      this.take(events, from, before, times[piece]);
      from = at + 1;
    }
    this.take(events, from, length, times[times.length - 1]);
    return events;
  }

  private take(events: Event[], from: number, to: number, timeMs: number): void {
    const bytes = this.store.subarray(from, to);
    if (isData(bytes)) events.push({ timeMs, bytes });
  }
}

/** "da" begins only `data:` among the fields; what begins otherwise is looked at as a whole. */
function isData(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return false;
  return (bytes[0] === 0x64 && bytes[1] === 0x61) || dataOf(bytes) !== '';
}

/** Lines that begin with `data:`, joined; comments and other fields fall away. Source: HTML standard, "Server-sent events". */
function dataOf(bytes: Uint8Array): string {
  return decoder
    .decode(bytes)
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(line[5] === ' ' ? 6 : 5))
    .join('\n')
    .trimEnd();
}

function readEvents(events: readonly Event[], wantsText: boolean): TokenStream {
  const ended = events.length > 0 && dataOf(events[events.length - 1].bytes) === DONE;
  const parsed = new Map<number, Chunk>();
  const chunk = (i: number) => {
    const known = parsed.get(i) ?? parseChunk(dataOf(events[i].bytes));
    parsed.set(i, known);
    return known;
  };
  let first = 0;
  while (first < events.length && chunk(first).content === '') first++;
  let last = events.length - 1;
  while (last >= first && chunk(last).content === '') last--;
  const usage = usageOf(last < first ? 0 : last, events.length, chunk);
  const error = [...parsed.values()].find((known) => known.error !== undefined)?.error;
  if (last < first)
    return { countedBy: 'events', text: '', ended, ...usage, ...(error === undefined ? {} : { error }) };
  let longestGap = 0;
  for (let i = first + 1; i <= last; i++) longestGap = Math.max(longestGap, events[i].timeMs - events[i - 1].timeMs);
  let text = '';
  if (wantsText) for (let i = first; i <= last; i++) text += chunk(i).content;
  return {
    firstTokenMs: events[first].timeMs,
    lastTokenMs: events[last].timeMs,
    longestGapMs: longestGap,
    // Between the first and the last token every event brings one, or several where the server bundles them.
    outputTokens: last - first + 1,
    countedBy: 'events',
    text,
    ended,
    ...usage,
    ...(error === undefined ? {} : { error }),
  };
}

interface Chunk {
  readonly content: string;
  readonly usage?: { readonly prompt?: number; readonly completion?: number };
  readonly error?: string;
}

type Usage = Pick<TokenStream, 'promptTokens' | 'outputTokens' | 'countedBy'>;

/** Servers tell it behind the last token, or with it. */
function usageOf(from: number, count: number, chunk: (i: number) => Chunk): Usage | undefined {
  for (let i = count - 1; i >= from; i--) {
    const usage = chunkUsage(chunk, i);
    if (usage !== undefined) return usage;
  }
  return undefined;
}

function chunkUsage(chunk: (i: number) => Chunk, i: number): Usage | undefined {
  const { usage } = chunk(i);
  if (usage?.completion === undefined) return undefined;
  return { outputTokens: usage.completion, promptTokens: usage.prompt, countedBy: 'server' };
}

function parseChunk(data: string): Chunk {
  if (data === DONE) return { content: '' };
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return { content: '', error: 'MalformedStream' };
  }
  const root = objectOf(value);
  if (root.error !== undefined && root.error !== null) return { content: '', error: 'StreamError' };
  const choices = Array.isArray(root.choices) ? root.choices : [];
  const delta = objectOf(objectOf(choices[0]).delta);
  // A model that reasons writes its first tokens there.
  const content = [delta.reasoning_content, delta.reasoning, delta.content].find(
    (text) => typeof text === 'string' && text !== '',
  );
  const { prompt_tokens: prompt, completion_tokens: completion } = objectOf(root.usage);
  return {
    content: typeof content === 'string' ? content : '',
    usage: {
      ...(typeof prompt === 'number' ? { prompt } : {}),
      ...(typeof completion === 'number' ? { completion } : {}),
    },
  };
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
