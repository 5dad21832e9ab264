/** What a request may be at most; anything larger is refused before it reaches a model. */
export interface RequestLimits {
  /** Bytes of the body as it was sent. */
  readonly bodyBytes: number;
  readonly messages: number;
  /** Characters of all messages together, images left out. */
  readonly promptCharacters: number;
  /** Tokens that an answer may be asked to have. */
  readonly completionTokens: number;
}

/**
 * A function URL takes 6 MB and SageMaker 6 MiB (source: Lambda quotas, "Invocation payload"; SageMaker API,
 * InvokeEndpoint); the default stays far below, since a prompt of a megabyte is more often an accident than a wish.
 */
export const DEFAULT_LIMITS: RequestLimits = {
  bodyBytes: 1024 * 1024,
  messages: 1000,
  promptCharacters: 500_000,
  completionTokens: 32_768,
};

/** Levels of nesting that JSON may have: what lies deeper is an attack on the parser behind, not a schema. */
export const MAX_NESTING = 64;
