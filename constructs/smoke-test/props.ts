import type { Duration } from 'aws-cdk-lib';
import type { IQuantizedEndpoint } from '../endpoint/endpoint-base';

/** Form of the requests that a smoke test sends. Both are OpenAI's. */
export enum SmokeTestFormat {
  /** Messages, through the model's chat template. Every container takes it. */
  CHAT = 'chat',

  /** A text that is continued: for models without a chat template. vLLM and SGLang take it, llama.cpp's image does not. */
  COMPLETIONS = 'completions',
}

/** A question that a smoke test asks. */
export interface SmokeTestPrompt {
  /** What the user says. */
  readonly text: string;

  /**
   * What the answer must hold, in any letter case: the one way to tell a sound model from one that talks nonsense in
   * proper words.
   *
   * @default - any answer that is sound by itself
   */
  readonly contains?: string;
}

/** Properties of `SmokeTest`. */
export interface SmokeTestProps {
  /** Endpoint that is asked, or a model of a `ModelFleet`. */
  readonly endpoint: IQuantizedEndpoint;

  /**
   * Inference component that is asked.
   *
   * @default - that of an endpoint that scales to zero or of a model in a fleet, else the endpoint itself
   */
  readonly inferenceComponentName?: string;

  /**
   * What it is asked, each once for a whole answer and once for a streamed one.
   *
   * @default - three short questions to which any chat model has an answer
   */
  readonly prompts?: SmokeTestPrompt[];

  /**
   * Longest answer, in tokens.
   *
   * @default 48
   */
  readonly maxTokens?: number;

  /**
   * Form of the requests.
   *
   * @default SmokeTestFormat.CHAT
   */
  readonly format?: SmokeTestFormat;

  /**
   * Ask for streamed answers as well. Without them speed is not measured.
   *
   * @default true
   */
  readonly streaming?: boolean;

  /**
   * How many times the planned time a token may take. Generous: it is to find a model that runs on the wrong device or
   * in the wrong precision, not a busy morning.
   *
   * @default 5
   */
  readonly speedFactor?: number;

  /**
   * Longest time to the first token.
   *
   * @default - `speedFactor` times the planned time, and 2 seconds for the network; not checked where nothing is planned
   */
  readonly maxTimeToFirstToken?: Duration;

  /**
   * Longest time between two tokens.
   *
   * @default - `speedFactor` times the planned time; not checked where nothing is planned
   */
  readonly maxInterTokenTime?: Duration;

  /**
   * Values whose change makes the test run again, beside what is deployed: a digest of the weights, or a version. An
   * endpoint that is not made in this app has nothing else that could.
   *
   * @default - none; an endpoint of this app is tested whenever its model or its configuration changes
   */
  readonly triggers?: string[];
}
