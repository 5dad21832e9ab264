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
  readonly data: string;
}

/**
 * Takes the pieces of a streamed chat completion with the time each came at, and reads them when all is over: reading while others
 * stream would take time from what is measured.
 */
export class TokenStreamRecorder {
  private readonly pieces: Uint8Array[] = [];
  private readonly times: number[] = [];

  add(bytes: Uint8Array, timeMs: number): void {
    this.pieces.push(bytes);
    this.times.push(timeMs);
  }

  /** @param wantsText reading the text costs more than the figures alone */
  read(wantsText = true): TokenStream {
    return readEvents(this.events(), wantsText);
  }

  /** Server-sent events, each at the time of the piece that ended it. */
  private events(): Event[] {
    const decoder = new TextDecoder();
    const events: Event[] = [];
    let rest = '';
    this.pieces.forEach((piece, i) => {
      rest += decoder.decode(piece, { stream: true });
      let from = 0;
      for (let end = eventEnd(rest, from); end !== undefined; end = eventEnd(rest, from)) {
        const data = dataOf(rest.slice(from, end.at));
        if (data !== '') events.push({ timeMs: this.times[i], data });
        from = end.next;
      }
      rest = rest.slice(from);
    });
    const last = dataOf(rest);
    if (last !== '') events.push({ timeMs: this.times[this.times.length - 1], data: last });
    return events;
  }
}

function eventEnd(text: string, from: number): { at: number; next: number } | undefined {
  const plain = text.indexOf('\n\n', from);
  const carriage = text.indexOf('\r\n\r\n', from);
  if (carriage >= 0 && (plain < 0 || carriage < plain)) return { at: carriage, next: carriage + 4 };
  return plain < 0 ? undefined : { at: plain, next: plain + 2 };
}

/** Lines that begin with `data:`, joined; comments and other fields fall away. Source: HTML standard, "Server-sent events". */
function dataOf(event: string): string {
  if (event.startsWith('data: ') && !event.includes('\n')) return event.slice(6);
  return event
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(line[5] === ' ' ? 6 : 5))
    .join('\n');
}

function readEvents(events: readonly Event[], wantsText: boolean): TokenStream {
  const ended = events.length > 0 && events[events.length - 1].data === '[DONE]';
  const parsed = new Map<number, Chunk>();
  const chunk = (i: number) => {
    const known = parsed.get(i) ?? parseChunk(events[i].data);
    parsed.set(i, known);
    return known;
  };
  let first = 0;
  while (first < events.length && chunk(first).content === '') first++;
  let last = events.length - 1;
  while (last >= first && chunk(last).content === '') last--;
  const usage =
    usageOf(
      events.map((_, i) => i).filter((i) => i < first || i > last),
      chunk,
    ) ?? chunkUsage(chunk, last);
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

function usageOf(indices: readonly number[], chunk: (i: number) => Chunk): Usage | undefined {
  for (const i of [...indices].reverse()) {
    const usage = chunkUsage(chunk, i);
    if (usage !== undefined) return usage;
  }
  return undefined;
}

function chunkUsage(chunk: (i: number) => Chunk, i: number): Usage | undefined {
  const usage = i < 0 ? undefined : chunk(i).usage;
  if (usage?.completion === undefined) return undefined;
  return { outputTokens: usage.completion, promptTokens: usage.prompt, countedBy: 'server' };
}

function parseChunk(data: string): Chunk {
  if (data === '[DONE]') return { content: '' };
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
