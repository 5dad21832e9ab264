import { QuantizedEndpointsError } from '../errors';
import type { MonitorPrompt } from './prompts';

/** A token and the natural logarithm of its probability. */
export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
}

/** What the model thought at one place of its answer. */
export interface Position {
  /** The token it took. */
  readonly token: string;
  /** The likeliest tokens, the likeliest first. */
  readonly top: readonly TokenLogprob[];
}

/** An endpoint's answer, as far as it is scored. */
export interface Answer {
  readonly text: string;
  readonly finish?: string;
  /** As the server counts them. */
  readonly completionTokens?: number;
  /** Empty where the server tells no log-probabilities. */
  readonly positions: readonly Position[];
  /** Mean negative log-likelihood of the prompt's tokens, nats; undefined where the server does not tell. */
  readonly promptNll?: number;
}

/** Most alternatives of a token that OpenAI's API gives, and vLLM unless it is told otherwise (`max_logprobs`). */
export const TOP_LOGPROBS = 20;

/** The request of a prompt: greedy, so that two runs of one model differ by rounding only. */
export function requestBody(prompt: MonitorPrompt): object {
  const base = { messages: prompt.messages, temperature: 0, stream: false };
  // `prompt_logprobs` is vLLM's own; servers that do not know it answer without.
  if (prompt.isText) return { ...base, max_tokens: 1, prompt_logprobs: 0 };
  return { ...base, max_tokens: prompt.maxTokens, logprobs: true, top_logprobs: TOP_LOGPROBS };
}

/** The same without log-probabilities, for servers that refuse to tell them. */
export function plainRequestBody(prompt: MonitorPrompt): object {
  return { messages: prompt.messages, temperature: 0, stream: false, max_tokens: prompt.isText ? 1 : prompt.maxTokens };
}

/**
 * Reads an answer in the shape of OpenAI's chat completions.
 *
 * @throws QuantizedEndpointsError `ANSWER_UNREADABLE`
 */
export function readAnswer(body: string): Answer {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw unreadable(body);
  }
  const root = objectOf(value);
  const choice = objectOf(listOf(root.choices)[0]);
  const content = objectOf(choice.message).content;
  if (typeof content !== 'string') throw unreadable(body);
  const promptNll = nllOf(listOf(root.prompt_logprobs ?? choice.prompt_logprobs));
  const completion = objectOf(root.usage).completion_tokens;
  return {
    text: content,
    ...(typeof choice.finish_reason === 'string' ? { finish: choice.finish_reason } : {}),
    ...(typeof completion === 'number' ? { completionTokens: completion } : {}),
    positions: listOf(objectOf(choice.logprobs).content).flatMap(positionOf),
    ...(promptNll === undefined ? {} : { promptNll }),
  };
}

function positionOf(value: unknown): Position[] {
  const { token, top_logprobs: top } = objectOf(value);
  if (typeof token !== 'string') return [];
  return [{ token, top: listOf(top).flatMap(tokenOf) }];
}

function tokenOf(value: unknown): TokenLogprob[] {
  const { token, logprob } = objectOf(value);
  return typeof token === 'string' && typeof logprob === 'number' ? [{ token, logprob }] : [];
}

/**
 * vLLM's `prompt_logprobs`: one object a token, by token id; null for the first, which nothing comes before. With
 * `prompt_logprobs: 0` the only entry is the prompt's own token. Source: vllm/entrypoints/openai/protocol.py.
 */
function nllOf(list: readonly unknown[]): number | undefined {
  let sum = 0;
  let count = 0;
  for (const entry of list) {
    const [first] = Object.values(objectOf(entry));
    const { logprob } = objectOf(first);
    if (typeof logprob !== 'number') continue;
    sum -= logprob;
    count++;
  }
  return count === 0 ? undefined : sum / count;
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

const SHOWN = 200;

function unreadable(body: string): QuantizedEndpointsError {
  return new QuantizedEndpointsError(
    'ANSWER_UNREADABLE',
    'the endpoint answered something else than a chat completion',
    {
      got: body.slice(0, SHOWN),
      allowed: '{"choices": [{"message": {"content": "…"}}]}',
      fix: "use a container that takes OpenAI's chat completions: vLLM, SGLang, LMI or llama.cpp",
    },
  );
}
