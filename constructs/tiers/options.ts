import type { Duration } from 'aws-cdk-lib';

/** How a tier is asked. */
export interface TierOptions {
  /**
   * How long the tier may take for the first token of an answer.
   *
   * @default Duration.seconds(15)
   */
  readonly firstTokenTimeout?: Duration;

  /**
   * How long it may pause within an answer.
   *
   * @default Duration.seconds(15)
   */
  readonly idleTimeout?: Duration;

  /**
   * Longest sequence, prompt and answer together, in tokens. Longer requests are sent to a tier that holds them.
   *
   * @default - that of the endpoint's plan, if this app makes the endpoint; else not known
   */
  readonly contextTokens?: number;

  /**
   * Mean log-probability (natural logarithm, below 0) that the first tokens of an answer must reach; below it, a larger
   * tier is asked. The first tokens are held back for it. The tier's server must tell log-probabilities.
   *
   * @default - answers are not judged by it
   */
  readonly minMeanLogprob?: number;

  /**
   * Name under which the tier's own server knows its model, where it insists on one.
   *
   * @default - requests name no model
   */
  readonly servedModelName?: string;

  /**
   * Inference component that is asked.
   *
   * @default - that of an endpoint that scales to zero, else none
   */
  readonly inferenceComponentName?: string;

  /**
   * Price of a million input tokens, USD.
   *
   * @default - not counted
   */
  readonly inputUsdPerMillionTokens?: number;

  /**
   * Price of a million output tokens, USD.
   *
   * @default - that of a full instance of the plan, if this app makes the endpoint; else not known
   */
  readonly outputUsdPerMillionTokens?: number;
}

/** How a model of Bedrock is asked. */
export interface BedrockTierOptions {
  /**
   * How long the model may take for the first token of an answer.
   *
   * @default Duration.seconds(15)
   */
  readonly firstTokenTimeout?: Duration;

  /**
   * How long it may pause within an answer.
   *
   * @default Duration.seconds(15)
   */
  readonly idleTimeout?: Duration;

  /**
   * Longest sequence, prompt and answer together, in tokens.
   *
   * @default - not known
   */
  readonly contextTokens?: number;

  /**
   * Price of a million input tokens, USD. Bedrock's prices are not known to this library.
   *
   * @default - not counted
   */
  readonly inputUsdPerMillionTokens?: number;

  /**
   * Price of a million output tokens, USD.
   *
   * @default - not counted
   */
  readonly outputUsdPerMillionTokens?: number;
}
