import { assemble } from '../openai/assemble';
import { finishOf, textOf, type Chunk, type Usage } from '../openai/chunk';
import type { RequestRefused } from '../openai/refusal';
import { SSE_DONE, SSE_HEADERS, sseEvent } from '../stream/write';
import type { ResponseSink } from './ports';

const JSON_HEADERS = { 'content-type': 'application/json' } as const;

/** What is the same in every event of an answer. */
export interface ReplyHead {
  readonly id: string;
  readonly created: number;
}

/** What the client asked for of an answer's form. */
export interface ReplyForm {
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly logprobs: boolean;
}

/**
 * The client's side of one request: a stream of events, or one JSON answer. However it goes, it ends with the end of a
 * whole answer or with an error that says that it is none.
 */
export class Reply {
  private begun = false;
  private model = '';
  private chunks: Chunk[] = [];
  private roleSent = false;
  private text = '';

  constructor(
    private readonly sink: ResponseSink,
    private readonly head: ReplyHead,
    private readonly form: ReplyForm,
  ) {}

  /** Has something left for the client that cannot be taken back? */
  get committed(): boolean {
    return this.begun;
  }

  /** The text of the answer so far. */
  get said(): string {
    return this.text;
  }

  /** Bound to a tier from here on. */
  commit(tier: string, headers: Readonly<Record<string, string>>): void {
    this.model = tier;
    // What another tier had said before it failed is no part of this answer.
    this.chunks = [];
    this.roleSent = false;
    this.text = '';
    if (!this.form.stream) return;
    this.begun = true;
    this.sink.begin(200, { ...SSE_HEADERS, ...headers });
  }

  async add(chunk: Chunk): Promise<void> {
    const shown = this.shown(chunk);
    this.text += textOf(chunk);
    if (!this.form.stream) {
      this.chunks.push(shown);
      return;
    }
    // What holds neither text nor the end is for this side alone.
    if (shown.choices.length === 0) return;
    await this.sink.write(this.event(shown.choices));
  }

  /** The end of a whole answer. */
  async done(usage: Usage | undefined, headers: Readonly<Record<string, string>>): Promise<void> {
    if (this.form.stream) {
      if (this.form.includeUsage && usage !== undefined) await this.sink.write(this.event([], usage));
      await this.sink.write(SSE_DONE);
    } else {
      this.begun = true;
      const whole = assemble(usage === undefined ? this.chunks : [...this.chunks, { choices: [], usage }], {
        ...this.head,
        model: this.model,
      });
      this.sink.begin(200, { ...JSON_HEADERS, ...headers });
      await this.sink.write(JSON.stringify(whole));
    }
    await this.sink.end();
  }

  /** The end of what is no answer, or no whole one: an error as the response, or as the last event of the stream. */
  async fail(error: RequestRefused, headers: Readonly<Record<string, string>>): Promise<void> {
    if (this.begun) await this.sink.write(sseEvent(error.body()));
    else {
      this.begun = true;
      const retry = error.retryAfterSeconds;
      this.sink.begin(error.status, {
        ...JSON_HEADERS,
        ...headers,
        ...(retry === undefined ? {} : { 'retry-after': String(Math.ceil(retry)) }),
      });
      await this.sink.write(JSON.stringify(error.body()));
    }
    await this.sink.end();
  }

  private shown(chunk: Chunk): Chunk {
    const choices = chunk.choices.map(({ logprobs, ...choice }) => ({
      ...choice,
      delta: this.delta(choice.delta),
      ...(this.form.logprobs && logprobs !== undefined ? { logprobs } : {}),
    }));
    return { choices };
  }

  /** Clients expect the role once, at the beginning, whatever the tier's server does. */
  private delta(delta: Chunk['choices'][number]['delta']) {
    const { role: _, ...rest } = delta;
    if (this.roleSent) return rest;
    this.roleSent = true;
    return { role: 'assistant', ...rest };
  }

  private event(choices: readonly object[], usage?: Usage): string {
    return sseEvent({
      ...this.head,
      object: 'chat.completion.chunk',
      model: this.model,
      choices,
      ...(usage === undefined ? {} : { usage }),
    });
  }
}

/** Does a chunk carry something that a reader sees as the first of an answer? */
export function isFirstOfAnswer(chunk: Chunk): boolean {
  return (
    textOf(chunk) !== '' ||
    finishOf(chunk) !== null ||
    chunk.choices[0]?.delta.tool_calls !== undefined ||
    (chunk.choices[0]?.delta.reasoning_content ?? '') !== ''
  );
}
