import type { Features } from '../classify/features';
import type { Chunk } from '../openai/chunk';
import type { RequestRecord } from '../observe/record';

/** What a tier is asked for. */
export interface TierRequest {
  /** OpenAI's chat fields, without `model` and `stream`. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

/** A tier's way to its model. */
export interface TierPort {
  /** The answer's chunks as they come, the last of them with a `finish_reason`. @throws {TierFailure} */
  stream(request: TierRequest): AsyncIterable<Chunk>;
}

/** What a classifier of the user's own is told. */
export interface ClassifierInput {
  readonly tiers: readonly string[];
  readonly features: Features;
  /** What the built-in classifier would do. */
  readonly proposal: { readonly tier: string; readonly score: number; readonly threshold: number };
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

/** A classifier of the user's own: answers `{"tier": "<name>"}`. */
export type ClassifierPort = (input: ClassifierInput, signal: AbortSignal) => Promise<unknown>;

/** Which tier conversations have reached, for all routers that share it. Keys are digests, tiers their names. */
export interface ConversationStore {
  reached(conversation: string): Promise<string | undefined>;
  /** Keeps the tier, unless a larger one is kept already. `rank` rises with the tiers. */
  remember(conversation: string, tier: string, rank: number): Promise<void>;
}

/** Where an answer is written. */
export interface ResponseSink {
  /** Called once, before anything is written. */
  begin(status: number, headers: Readonly<Record<string, string>>): void;
  /** Resolves when more may be written. */
  write(text: string): void | Promise<void>;
  end(): void | Promise<void>;
}

/** One HTTP request. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Uint8Array;
}

/** What a request brings along beside itself. */
export interface RequestContext {
  readonly requestId: string;
  /** Who asks, as IAM names them; keeps conversations of different callers apart. */
  readonly caller: string;
  /** Milliseconds that are left for the answer. */
  readonly remainingMs: number;
  /** Aborted when the client leaves. */
  readonly signal?: AbortSignal;
}

/** What the router needs of the world. */
export interface RouterWorld {
  readonly tiers: ReadonlyMap<string, TierPort>;
  readonly classifier?: ClassifierPort;
  readonly conversations?: ConversationStore;
  /** Milliseconds; only differences count. */
  readonly now: () => number;
  /** Seconds since 1970. */
  readonly epochSeconds: () => number;
  /** A short digest of a text, from which it cannot be read back. */
  readonly digest: (text: string) => string;
  readonly setTimer: (callback: () => void, milliseconds: number) => () => void;
  /** Told once for each chat request, after its end. */
  readonly observe: (record: RequestRecord) => void;
}
