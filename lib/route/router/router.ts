import type { RouterConfig } from '../config';
import { CircuitBreaker } from '../guard/breaker';
import { EscalationBudget } from '../guard/budget';
import type { Attempt, RequestRecord } from '../observe/record';
import type { Chunk, Usage } from '../openai/chunk';
import { RequestRefused } from '../openai/refusal';
import { readChatRequest, type ChatRequest } from '../openai/request';
import { attempt, gateFor, type AttemptResult } from './attempt';
import { Candidates, fittingTiers, type Guards } from './candidates';
import { chooseTier, conversationOf, type Choice } from './choose';
import { TierFailure } from './failure';
import { ConversationMemory } from './memory';
import type { HttpRequest, RequestContext, ResponseSink, RouterWorld } from './ports';
import { Reply } from './reply';

type Record_ = { -readonly [K in keyof RequestRecord]: RequestRecord[K] } & { attempts: Attempt[] };

/** Kinds of failure that speak against a tier's health; to be full, or asked too much, is no illness. */
const ILL = new Set(['timeout', 'gone', 'error', 'cut']);

/**
 * The router: OpenAI's chat completions in front of tiers of models.
 *
 * Pure but for its {@link RouterWorld}. One instance serves any number of requests at once; nothing of one request is
 * reachable from another, only budgets, breakers and digests of conversations are shared.
 */
export class Router {
  private readonly guards: Guards;
  private readonly memory: ConversationMemory;

  constructor(
    private readonly config: RouterConfig,
    private readonly world: RouterWorld,
  ) {
    this.memory = new ConversationMemory(
      config.tiers.map(({ name }) => name),
      world,
    );
    this.guards = {
      judged: new EscalationBudget(config.escalation.judged),
      failed: new EscalationBudget(config.escalation.failed),
      breakers: config.tiers.map(() => new CircuitBreaker(config.breaker, world.now)),
    };
  }

  /** Answers one HTTP request, always: with what was asked for, or with an error in OpenAI's form. */
  async handle(request: HttpRequest, sink: ResponseSink, context: RequestContext): Promise<void> {
    const route = `${request.method} ${request.path.replace(/\/+$/, '')}`;
    const headers = { 'x-request-id': context.requestId };
    if (route === 'GET /v1/models') return answerJson(sink, 200, headers, this.models());
    if (route !== 'POST /v1/chat/completions') {
      const refusal = unknownRoute(request);
      return answerJson(sink, refusal.status, headers, refusal.body());
    }
    await this.chat(request.body, sink, context);
  }

  private models(): object {
    const { modelName, tiers, callerMayChoose } = this.config;
    const names = [modelName, ...(callerMayChoose ? tiers.map(({ name }) => name) : [])];
    return {
      object: 'list',
      data: names.map((id) => ({ id, object: 'model', created: 0, owned_by: 'cdk-quantized-endpoints' })),
    };
  }

  private async chat(body: Uint8Array, sink: ResponseSink, context: RequestContext): Promise<void> {
    const startedAt = this.world.now();
    const elapsed = () => this.world.now() - startedAt;
    const record: Record_ = { requestId: context.requestId, status: 200, attempts: [], totalMs: 0, streamed: false };
    let reply = new Reply(sink, { id: '', created: 0 }, { stream: false, includeUsage: false, logprobs: false });
    try {
      const request = readChatRequest(body, this.config.limits);
      record.streamed = request.stream;
      reply = new Reply(
        sink,
        { id: `chatcmpl-${context.requestId}`, created: Math.floor(this.world.epochSeconds()) },
        request,
      );
      await this.route(request, reply, record, context, elapsed);
    } catch (error) {
      // Whatever a connection says that its client has closed, it is that.
      const left = context.signal?.aborted === true;
      const refused = left ? clientLeft() : error instanceof RequestRefused ? error : internal();
      record.error = refused.id;
      if (!reply.committed) record.status = refused.status;
      // A client that has left cannot be told.
      await reply.fail(refused, { 'x-request-id': context.requestId }).catch(() => undefined);
      if (!left && !(error instanceof RequestRefused)) throw error;
    } finally {
      record.totalMs = elapsed();
      this.world.observe(record);
    }
  }

  private async route(
    request: ChatRequest,
    reply: Reply,
    record: Record_,
    context: RequestContext,
    elapsed: () => number,
  ): Promise<void> {
    const { tiers } = this.config;
    const choice = await chooseTier(request, context.caller, this.config, this.world, this.memory);
    this.guards.judged.deposit();
    this.guards.failed.deposit();
    const characters = request.messages.reduce((sum, { text }) => sum + text.length, 0);
    const candidates = new Candidates(
      this.config,
      this.guards,
      fittingTiers(this.config, characters, request.maxTokens),
    );
    const first = candidates.first(choice.tier);
    record.chosenTier = tiers[first].name;
    record.chosenBy = first === choice.tier ? choice.by : 'context';
    record.decision = choice.decision;

    let wanting: { tier: number; held: readonly Chunk[] | undefined } | undefined;
    let failure = new TierFailure('gone', 'no tier can be asked');
    let current: number | undefined = first;
    while (current !== undefined) {
      const tier: number = current;
      candidates.begin(tier);
      const judged = choice.by !== 'caller' && candidates.mayJudge(tier);
      const result = await this.try(tier, judged, request, reply, record, context, elapsed);
      if (result === 'circuit-open') {
        failure = new TierFailure('gone', 'the tier is left alone for a while');
        current = candidates.afterFailure(tier, 'circuit-open');
      } else if (result.kind === 'answered') return this.finish(tier, choice, result, request, reply, record, context);
      else if (result.kind === 'fault') {
        wanting = { tier, held: result.held };
        current = candidates.afterFault(tier, result.fault);
      } else {
        failure = result.failure;
        if (reply.committed) throw interrupted(failure);
        current = candidates.afterFailure(tier, failure.kind);
      }
      if (context.signal?.aborted === true) throw clientLeft();
    }
    if (wanting === undefined) throw refusalOf(failure);
    // Nobody does better: an answer that was found wanting is still one.
    const { tier, held } = wanting;
    if (held !== undefined) return this.deliver(tier, held, choice, request, reply, record, context, elapsed);
    const again = await this.try(tier, false, request, reply, record, context, elapsed);
    if (again !== 'circuit-open' && again.kind === 'answered')
      return this.finish(tier, choice, again, request, reply, record, context);
    const last = again === 'circuit-open' || again.kind !== 'failed' ? failure : again.failure;
    throw reply.committed ? interrupted(last) : refusalOf(last);
  }

  /** One attempt at one tier, through its breaker, and its line in the record. */
  private async try(
    tier: number,
    judged: boolean,
    request: ChatRequest,
    reply: Reply,
    record: Record_,
    context: RequestContext,
    elapsed: () => number,
  ): Promise<AttemptResult | 'circuit-open'> {
    const config = this.config.tiers[tier];
    const breaker = this.guards.breakers[tier];
    const startedAt = this.world.epochSeconds();
    const begun = this.world.now();
    const note = (outcome: Attempt['outcome']) =>
      record.attempts.push({ tier: config.name, outcome, startedAt, milliseconds: this.world.now() - begun });
    if (!breaker.admit()) {
      note('circuit-open');
      return 'circuit-open';
    }
    let settled = false;
    try {
      const result = await attempt(
        {
          tier: config,
          port: this.world.tiers.get(config.name)!,
          request,
          reply,
          gate: judged ? gateFor(config, request, this.config) : undefined,
          remainingMs: context.remainingMs - elapsed(),
          signal: context.signal,
          headers: this.headers(config.name, record, context),
          onFirst: () => {
            record.firstTokenMs ??= elapsed();
          },
        },
        this.world,
      );
      settled = true;
      if (context.signal?.aborted === true && result.kind === 'failed') {
        breaker.undecided();
        note('client-left');
      } else if (result.kind === 'failed') {
        if (ILL.has(result.failure.kind)) breaker.failed();
        else breaker.undecided();
        note(result.failure.kind);
      } else {
        breaker.succeeded();
        note(result.kind === 'fault' ? result.fault : 'answered');
      }
      return result;
    } finally {
      if (!settled) {
        breaker.undecided();
        note('client-left');
      }
    }
  }

  /** Hands out a whole answer that was held back. */
  private async deliver(
    tier: number,
    held: readonly Chunk[],
    choice: Choice,
    request: ChatRequest,
    reply: Reply,
    record: Record_,
    context: RequestContext,
    elapsed: () => number,
  ): Promise<void> {
    reply.commit(this.config.tiers[tier].name, this.headers(this.config.tiers[tier].name, record, context));
    record.firstTokenMs ??= elapsed();
    for (const chunk of held) await reply.add(chunk);
    const usage = held.reduce<Usage | undefined>((last, chunk) => chunk.usage ?? last, undefined);
    await this.finish(tier, choice, { usage, counted: held.length }, request, reply, record, context);
  }

  private async finish(
    tier: number,
    choice: Choice,
    { usage, counted }: { readonly usage: Usage | undefined; readonly counted: number },
    request: ChatRequest,
    reply: Reply,
    record: Record_,
    context: RequestContext,
  ): Promise<void> {
    const config = this.config.tiers[tier];
    record.answeredBy = config.name;
    record.promptTokens = usage?.prompt_tokens;
    // Servers send one event for a token, or nearly: the count stands in where they do not tell.
    record.completionTokens = usage?.completion_tokens ?? counted;
    record.costUsd = costOf(config, usage?.prompt_tokens ?? 0, record.completionTokens);
    const conversation = tier > choice.tier ? conversationOf(request, context.caller, reply.said) : undefined;
    await reply.done(usage, this.headers(config.name, record, context));
    // Behind the answer, which does not wait for it.
    if (conversation !== undefined) await this.memory.remember(this.world.digest(conversation), tier);
  }

  private headers(tier: string, { attempts, decision, chosenBy }: Record_, { requestId }: RequestContext) {
    const before = attempts
      .map(({ tier: name, outcome }) => `${name}:${outcome}`)
      .filter((name) => !name.endsWith(':answered'));
    return {
      'x-request-id': requestId,
      'x-router-tier': tier,
      ...(chosenBy === undefined ? {} : { 'x-router-chosen-by': chosenBy }),
      ...(decision === undefined ? {} : { 'x-router-score': decision.score.toFixed(3) }),
      ...(before.length === 0 ? {} : { 'x-router-before': before.join(',') }),
    };
  }
}

function costOf(
  tier: { readonly inputUsdPerMillionTokens?: number; readonly outputUsdPerMillionTokens?: number },
  prompt: number,
  completion: number,
): number | undefined {
  const { inputUsdPerMillionTokens: input, outputUsdPerMillionTokens: output } = tier;
  if (input === undefined && output === undefined) return undefined;
  return ((input ?? 0) * prompt + (output ?? 0) * completion) / 1e6;
}

async function answerJson(
  sink: ResponseSink,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: object,
): Promise<void> {
  sink.begin(status, { 'content-type': 'application/json', ...headers });
  await sink.write(JSON.stringify(body));
  await sink.end();
}

function unknownRoute({ method, path }: HttpRequest): RequestRefused {
  const known = path.replace(/\/+$/, '');
  const wrongMethod = known === '/v1/models' || known === '/v1/chat/completions';
  return new RequestRefused(wrongMethod ? 'method_not_allowed' : 'unknown_url', 'there is no such request here', {
    status: wrongMethod ? 405 : 404,
    type: 'invalid_request_error',
    got: `${method.slice(0, 16)} ${path.slice(0, 80)}`,
    allowed: 'POST /v1/chat/completions, GET /v1/models',
  });
}

/** What a client is told when no tier gave an answer. The model's own words are kept to what concerns the request. */
function refusalOf({ kind, message, retryAfterSeconds }: TierFailure): RequestRefused {
  if (kind === 'throttled')
    return new RequestRefused('rate_limit_exceeded', 'all tiers that may answer this are full', {
      status: 429,
      type: 'rate_limit_error',
      retryAfterSeconds: retryAfterSeconds ?? 1,
      fix: 'try again later',
    });
  if (kind === 'timeout')
    return new RequestRefused('tier_timeout', 'no tier answered in time', { status: 504, type: 'timeout_error' });
  if (kind === 'too-long')
    return new RequestRefused('context_length_exceeded', 'the request is longer than a model’s context', {
      status: 400,
      type: 'invalid_request_error',
      param: 'messages',
      fix: 'shorten the messages, or ask for fewer tokens',
    });
  if (kind === 'rejected')
    return new RequestRefused('request_rejected', `the model refuses this request: ${message.slice(0, 300)}`, {
      status: 400,
      type: 'invalid_request_error',
    });
  return new RequestRefused('tier_unavailable', 'no tier could answer', {
    status: 503,
    type: 'service_unavailable_error',
    retryAfterSeconds: retryAfterSeconds ?? 1,
    fix: 'try again later',
  });
}

/** An answer that broke off after a part of it had left. */
function interrupted({ kind }: TierFailure): RequestRefused {
  return new RequestRefused('stream_interrupted', `the answer broke off (${kind}) and is not whole`, {
    status: 502,
    type: 'server_error',
    fix: 'ask again; what came so far is to be thrown away',
  });
}

function clientLeft(): RequestRefused {
  return new RequestRefused('client_closed_request', 'the client left', { status: 499, type: 'server_error' });
}

function internal(): RequestRefused {
  return new RequestRefused('internal_error', 'the router failed', { status: 500, type: 'server_error' });
}
