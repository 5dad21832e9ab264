import { createHash } from 'node:crypto';
import {
  boundariesFor,
  DEFAULT_LIMITS,
  parseWeights,
  Router,
  TierFailure,
  type Chunk,
  type RequestContext,
  type RequestRecord,
  type ResponseSink,
  type RouterConfig,
  type RouterWorld,
  type TierConfig,
  type TierPort,
  type TierRequest,
} from '../../lib/route';
import BUILT_IN from '../../lib/route/data/tier-weights.json';

export const WEIGHTS = parseWeights(BUILT_IN);

export const EASY = 'What is the capital of France?';
export const HARD =
  'Prove that the square root of 2 is irrational, explain each step, compare two proofs and justify which one is better.';

export function tier(name: string, more: Partial<TierConfig> = {}): TierConfig {
  return {
    name,
    backend: { kind: 'sagemaker', endpointName: `${name}-endpoint` },
    firstTokenTimeoutMs: 1000,
    idleTimeoutMs: 1000,
    ...more,
  };
}

export function config(more: Partial<RouterConfig> = {}): RouterConfig {
  const tiers = more.tiers ?? [tier('fast'), tier('quality')];
  return {
    modelName: 'auto',
    tiers,
    boundaries: boundariesFor(WEIGHTS, tiers.length, undefined),
    callerMayChoose: false,
    sticky: true,
    escalation: {
      on: ['refusal', 'malformed-json', 'low-confidence', 'throttled', 'timeout', 'error'],
      judged: { share: 0.1, burst: 10 },
      failed: { share: 1, burst: 10 },
      confidenceTokens: 4,
    },
    breaker: { failures: 5, coolDownMs: 30_000 },
    limits: DEFAULT_LIMITS,
    metricsNamespace: 'Test',
    routerName: 'router',
    ...more,
  };
}

/** A chunk with text. */
export function says(content: string, more: Partial<Chunk> = {}): Chunk {
  return { choices: [{ index: 0, delta: { content }, finish_reason: null }], ...more };
}

export function ends(reason = 'stop'): Chunk {
  return { choices: [{ index: 0, delta: {}, finish_reason: reason }] };
}

export function uses(prompt: number, completion: number): Chunk {
  return {
    choices: [],
    usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
  };
}

/** A clock that only moves when it is told to, and the timers that hang on it. */
export class Clock {
  private time = 0;
  private timers = new Set<{ at: number; callback: () => void }>();

  readonly now = (): number => this.time;

  readonly setTimer = (callback: () => void, milliseconds: number): (() => void) => {
    const timer = { at: this.time + milliseconds, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  };

  get waiting(): number {
    return this.timers.size;
  }

  pass(milliseconds: number): void {
    this.time += milliseconds;
    for (const timer of [...this.timers])
      if (timer.at <= this.time) {
        this.timers.delete(timer);
        timer.callback();
      }
  }
}

/** What a tier does when it is asked: the chunks it sends, or what it throws. */
export type Script = (request: TierRequest) => AsyncIterable<Chunk> | Iterable<Chunk>;

/** A tier that plays one script after the other, the last one again and again. */
export class PlayedTier implements TierPort {
  readonly requests: TierRequest[] = [];

  constructor(private readonly scripts: readonly Script[]) {}

  async *stream(request: TierRequest): AsyncGenerator<Chunk> {
    const script = this.scripts[Math.min(this.requests.length, this.scripts.length - 1)];
    this.requests.push(request);
    yield* script(request);
  }
}

export const answers = (text: string): Script =>
  function* () {
    for (const word of text.split(/(?<= )/)) yield says(word);
    yield ends();
    yield uses(7, text.split(' ').length);
  };

export const fails = (kind: TierFailure['kind'], after: readonly string[] = []): Script =>
  function* () {
    for (const word of after) yield says(word);
    throw new TierFailure(kind, `${kind} it is`);
  };

/** Never answers; ends when it is abandoned. */
export const hangs = (after: readonly string[] = []): Script =>
  async function* ({ signal }) {
    for (const word of after) yield says(word);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  };

/** A response as a client sees it. */
export class Response implements ResponseSink {
  status = 0;
  headers: Readonly<Record<string, string>> = {};
  body = '';
  ended = false;
  readonly writes: string[] = [];

  begin(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.status !== 0) throw new Error('begun twice');
    this.status = status;
    this.headers = headers;
  }

  write(text: string): void {
    if (this.status === 0 || this.ended) throw new Error('written outside of the response');
    this.writes.push(text);
    this.body += text;
  }

  end(): void {
    if (this.ended) throw new Error('ended twice');
    this.ended = true;
  }

  get json() {
    return JSON.parse(this.body);
  }

  get events(): (Record<string, never> & { choices?: { delta: { content?: string }; finish_reason: string }[] })[] {
    return this.body
      .split('\n\n')
      .filter((event) => event.startsWith('data: {'))
      .map((event) => JSON.parse(event.slice(6)));
  }

  get text(): string {
    return this.events.map((event) => event.choices?.[0]?.delta.content ?? '').join('');
  }

  get isWhole(): boolean {
    return this.body.endsWith('data: [DONE]\n\n');
  }

  get errorCode(): string | undefined {
    const last = this.body.startsWith('data:') ? this.events[this.events.length - 1] : this.json;
    return last?.error?.code;
  }
}

/** A router over played tiers, and everything that it told. */
export function routerOver(
  tiers: Readonly<Record<string, readonly Script[]>>,
  settings: Partial<RouterConfig> = {},
  world: Partial<RouterWorld> = {},
) {
  const clock = new Clock();
  const records: RequestRecord[] = [];
  const played = new Map(Object.entries(tiers).map(([name, scripts]) => [name, new PlayedTier(scripts)]));
  const router = new Router(config({ tiers: [...played.keys()].map((name) => tier(name)), ...settings }), {
    tiers: played,
    now: clock.now,
    epochSeconds: () => 1_700_000_000,
    digest: (text) => createHash('sha256').update(text).digest('hex'),
    setTimer: clock.setTimer,
    observe: (record) => records.push(record),
    ...world,
  });
  let requests = 0;
  const send = async (
    body: object | string,
    context: Partial<RequestContext> = {},
    path = '/v1/chat/completions',
    method = 'POST',
  ): Promise<Response> => {
    const response = new Response();
    await router.handle(
      { method, path, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) },
      response,
      {
        requestId: `request-${requests++}`,
        caller: 'arn:aws:iam::123456789012:user/anna',
        remainingMs: 60_000,
        ...context,
      },
    );
    return response;
  };
  return { router, clock, records, tier: (name: string) => played.get(name)!, send };
}

export function ask(text: string, more: Readonly<Record<string, unknown>> = {}): object {
  return { model: 'auto', stream: true, messages: [{ role: 'user', content: text }], ...more };
}
