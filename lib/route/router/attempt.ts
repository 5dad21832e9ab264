import type { RouterConfig, TierConfig } from '../config';
import { Gate, type Fault, type GateOptions } from '../judge/gate';
import { quotesRefusal } from '../judge/refused';
import { finishOf, textOf, type Chunk, type Usage } from '../openai/chunk';
import type { ChatRequest } from '../openai/request';
import { withTimeouts } from '../stream/timeouts';
import { TierFailure } from './failure';
import type { RouterWorld, TierPort } from './ports';
import { isFirstOfAnswer, type Reply } from './reply';

/** How a tier's attempt went. */
export type AttemptResult =
  | { readonly kind: 'answered'; readonly usage: Usage | undefined; readonly counted: number }
  /** The answer was found wanting before anything left; `held` is all of it where it had ended. */
  | { readonly kind: 'fault'; readonly fault: Fault; readonly held: readonly Chunk[] | undefined }
  | { readonly kind: 'failed'; readonly failure: TierFailure };

/** What one attempt is made with. */
export interface AttemptInput {
  readonly tier: TierConfig;
  readonly port: TierPort;
  readonly request: ChatRequest;
  readonly reply: Reply;
  readonly gate: GateOptions | undefined;
  readonly remainingMs: number;
  readonly signal: AbortSignal | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Told when the first of the answer leaves. */
  readonly onFirst: () => void;
}

/** Asks one tier, and hands its answer on as soon as it may. */
export async function attempt(input: AttemptInput, world: RouterWorld): Promise<AttemptResult> {
  const { tier, port, request, reply, headers } = input;
  const abort = new AbortController();
  const leave = () => abort.abort();
  input.signal?.addEventListener('abort', leave, { once: true });
  const gate = input.gate === undefined ? undefined : new Gate(input.gate);
  let held: Chunk[] = [];
  let passed = false;
  let usage: Usage | undefined;
  let counted = 0;
  let finished = false;
  let isOver = false;
  const pass = async (): Promise<void> => {
    if (!passed) reply.commit(tier.name, headers);
    passed = true;
    for (const chunk of held) {
      if (isFirstOfAnswer(chunk)) input.onFirst();
      await reply.add(chunk);
    }
    held = [];
  };
  try {
    const stream = port.stream({ fields: fieldsFor(tier, request, input.gate), signal: abort.signal });
    const timeouts = {
      firstMs: tier.firstTokenTimeoutMs,
      idleMs: tier.idleTimeoutMs,
      totalMs: Math.max(0, input.remainingMs),
    };
    for await (const chunk of withTimeouts(stream, timeouts, leave, world.setTimer)) {
      usage = chunk.usage ?? usage;
      finished ||= finishOf(chunk) !== null;
      if (textOf(chunk) !== '') counted++;
      held.push(chunk);
      if (gate !== undefined && !passed) {
        const verdict = gate.next(chunk);
        if (verdict === 'hold') continue;
        if (verdict !== 'pass')
          return { kind: 'fault', fault: verdict, held: finishOf(chunk) === null ? undefined : held };
        await pass();
      } else if (passed || isFirstOfAnswer(chunk)) await pass();
      // A role alone is no sign of an answer: until there is one, another tier may still give it.
    }
    if (!finished) throw new TierFailure('cut', 'the answer ended without its end');
    isOver = true;
    await pass();
    return { kind: 'answered', usage, counted };
  } catch (error) {
    if (error instanceof TierFailure) return { kind: 'failed', failure: error };
    throw error;
  } finally {
    input.signal?.removeEventListener('abort', leave);
    if (!isOver) abort.abort();
  }
}

/** What an answer of this tier is judged by; undefined: nothing, it goes to the client as it comes. */
export function gateFor(tier: TierConfig, request: ChatRequest, config: RouterConfig): GateOptions | undefined {
  const { on, confidenceTokens } = config.escalation;
  const refusal = on.includes('refusal') && !quotesRefusal(wordsOfOthers(request));
  const json = on.includes('malformed-json') && request.jsonAsked;
  const confidence =
    on.includes('low-confidence') && tier.minMeanLogprob !== undefined
      ? { minMeanLogprob: tier.minMeanLogprob, tokens: confidenceTokens }
      : undefined;
  if (!refusal && !json && confidence === undefined) return undefined;
  return { refusal, json, ...(confidence === undefined ? {} : { confidence }) };
}

/** The client's fields with what this side needs: the usage, to count tokens, and log-probabilities, to judge by. */
function fieldsFor(tier: TierConfig, { fields }: ChatRequest, gate: GateOptions | undefined): Record<string, unknown> {
  return {
    ...(tier.servedModelName === undefined ? {} : { model: tier.servedModelName }),
    ...fields,
    ...(gate?.confidence === undefined ? {} : { logprobs: true }),
    stream: true,
    stream_options: { include_usage: true },
  };
}

/** What the application did not write itself: questions, and what tools returned. */
function wordsOfOthers({ messages }: ChatRequest): string[] {
  return messages
    .filter(({ role }) => role === 'user' || role === 'tool' || role === 'function')
    .map(({ text }) => text);
}
