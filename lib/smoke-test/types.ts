/** A question that the endpoint is asked. */
export interface SmokePrompt {
  /** What the user says. */
  readonly text: string;
  /** What the answer must hold, in any letter case. */
  readonly contains?: string;
}

/** What a smoke test asks, and what it takes for a sound answer. */
export interface SmokeTestSettings {
  readonly endpointName: string;
  readonly inferenceComponentName?: string;
  readonly prompts: readonly SmokePrompt[];
  /** Longest answer, tokens. */
  readonly maxTokens: number;
  /** `chat`: messages; `completions`: a text that is continued. Both in OpenAI's form. */
  readonly format: 'chat' | 'completions';
  readonly streaming: boolean;
  /** Milliseconds to the first token that are just acceptable; undefined: speed is not looked at. */
  readonly maxFirstTokenMs?: number;
  /** Milliseconds between two tokens that are just acceptable. */
  readonly maxInterTokenMs?: number;
}

/** The bytes of an answer as they come, with what is needed to send a request. */
export interface EndpointPort {
  /** One whole answer. */
  invoke(body: string): Promise<Uint8Array>;
  /** An answer part by part. */
  stream(body: string): Promise<AsyncIterable<Uint8Array>>;
}

/** One answer, as far as it is judged. */
export interface Answer {
  readonly text: string;
  readonly finish?: string;
  /** As the server counts them. */
  readonly completionTokens?: number;
}

/** A streamed answer, with its times. */
export interface StreamedAnswer extends Answer {
  /** From the request to the first part of the text, milliseconds. */
  readonly firstTokenMs?: number;
  /** From the first part of the text to the last, milliseconds. */
  readonly restMs?: number;
  /** Parts with text in them. */
  readonly parts: number;
}

/** Something about an answer that is not as it should be. */
export interface Fault {
  /** Stable, for programs: `EMPTY`, `LOOP`… */
  readonly id: string;
  /** One sentence without its full stop. */
  readonly message: string;
}

/** What a smoke test found. */
export interface SmokeTestResult {
  readonly faults: readonly Fault[];
  /** Medians over all streamed answers; undefined where nothing was streamed. */
  readonly firstTokenMs?: number;
  readonly interTokenMs?: number;
}
