/** Tokens of a request and its answer. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** A piece of a call of a tool. */
export interface ToolCallDelta {
  readonly index: number;
  readonly id?: string;
  readonly type?: string;
  readonly function?: { readonly name?: string; readonly arguments?: string };
}

/** What a chunk adds to the answer. */
export interface Delta {
  readonly role?: string;
  readonly content?: string | null;
  readonly reasoning_content?: string | null;
  readonly refusal?: string | null;
  readonly tool_calls?: readonly ToolCallDelta[];
}

/** One token with its log-probability. */
export interface TokenLogprob {
  readonly logprob?: number;
}

/** One choice of a chunk. */
export interface ChunkChoice {
  readonly index: number;
  readonly delta: Delta;
  readonly finish_reason: string | null;
  readonly logprobs?: { readonly content?: readonly TokenLogprob[] | null } | null;
}

/** One event of a streamed answer: `chat.completion.chunk`. */
export interface Chunk {
  readonly id?: string;
  readonly created?: number;
  readonly model?: string;
  readonly choices: readonly ChunkChoice[];
  readonly usage?: Usage | null;
}

/** The text that a chunk adds. */
export function textOf(chunk: Chunk): string {
  return chunk.choices[0]?.delta.content ?? '';
}

/** Why the answer ended with this chunk, if it did. */
export function finishOf(chunk: Chunk): string | null {
  return chunk.choices[0]?.finish_reason ?? null;
}

/**
 * A model's event as a chunk. Servers leave fields out and add their own; what has no choices and no usage is nothing
 * of an answer.
 */
export function asChunk(value: unknown): Chunk | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { choices, usage } = value as { choices?: unknown; usage?: unknown };
  if (!Array.isArray(choices)) return undefined;
  const read = choices.slice(0, 1).map((choice: unknown): ChunkChoice => {
    const { delta, message, finish_reason, logprobs } = (choice ?? {}) as Record<string, unknown>;
    const given = (delta ?? message ?? {}) as Delta;
    return {
      index: 0,
      delta: typeof given === 'object' && given !== null ? given : {},
      finish_reason: typeof finish_reason === 'string' && finish_reason !== '' ? finish_reason : null,
      ...(logprobs === undefined ? {} : { logprobs: logprobs as ChunkChoice['logprobs'] }),
    };
  });
  return { choices: read, ...(isUsage(usage) ? { usage } : {}) };
}

function isUsage(value: unknown): value is Usage {
  if (typeof value !== 'object' || value === null) return false;
  const { prompt_tokens: prompt, completion_tokens: completion } = value as Record<string, unknown>;
  return Number.isInteger(prompt) && Number.isInteger(completion);
}
