import type { Duration } from 'aws-cdk-lib';
import type { FunctionUrlAuthType, FunctionUrlCorsOptions } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Tier } from './tier';
import type { TierClassifier } from './classifier';

/** What hands a request to a larger tier than was chosen. */
export enum EscalationReason {
  /** The answer begins as a refusal: "I'm sorry, but I can't …". */
  REFUSAL = 'refusal',

  /** JSON was asked by `response_format`, and the answer is none. */
  MALFORMED_JSON = 'malformed-json',

  /** The first tokens' mean log-probability is below the tier's `minMeanLogprob`. */
  LOW_CONFIDENCE = 'low-confidence',

  /** The tier is full. */
  THROTTLED = 'throttled',

  /** The tier does not answer in time. */
  TIMEOUT = 'timeout',

  /** The tier fails, is gone, or breaks off before its first token has left. */
  ERROR = 'error',
}

/** When a request is handed to a larger tier, and how often at most. */
export interface EscalationOptions {
  /**
   * What hands a request up.
   *
   * @default - everything
   */
  readonly on?: EscalationReason[];

  /**
   * Share of the requests whose answers may be judged wanting and asked again of a larger tier. What is over it is
   * answered as it is: prompts cannot send more than this to the larger tier by making the smaller one refuse.
   *
   * @default 0.1
   */
  readonly judgedShare?: number;

  /**
   * Share of the requests that may be handed up because a tier failed or was full. Lower it where the larger tier could
   * not carry the load of the smaller: what is over it is handed to a smaller tier, or refused.
   *
   * @default 1
   */
  readonly failedShare?: number;

  /**
   * Requests that may be handed up at once, after a quiet time.
   *
   * @default 10
   */
  readonly burst?: number;

  /**
   * Tokens by which confidence is judged.
   *
   * @default 16
   */
  readonly confidenceTokens?: number;
}

/** When a tier is left alone. */
export interface CircuitBreakerOptions {
  /**
   * Failures in a row after which nothing is sent to it. To be full is no failure.
   *
   * @default 5
   */
  readonly failures?: number;

  /**
   * Time after which one request tries it again.
   *
   * @default Duration.seconds(30)
   */
  readonly coolDown?: Duration;
}

/** What a request may be at most; what is larger is refused before it reaches a model. */
export interface RequestLimitOptions {
  /**
   * Bytes of a request, up to 6 MB, which is all that a function URL takes.
   *
   * @default 1048576
   */
  readonly bodyBytes?: number;

  /**
   * Messages of a conversation.
   *
   * @default 1000
   */
  readonly messages?: number;

  /**
   * Characters of all messages together.
   *
   * @default 500000
   */
  readonly promptCharacters?: number;

  /**
   * Tokens that an answer may be asked to have.
   *
   * @default 32768
   */
  readonly completionTokens?: number;
}

/** Properties of `TieredEndpoints`. */
export interface TieredEndpointsProps {
  /** The tiers, smallest and cheapest first: at least two. */
  readonly tiers: Tier[];

  /**
   * What decides which tier a request is sent to first.
   *
   * @default TierClassifier.builtIn()
   */
  readonly classifier?: TierClassifier;

  /**
   * Share of the requests that each tier is meant to get, in their order, sum 1. The thresholds follow from the examples
   * that the weights were fitted to: it holds as far as your traffic is like them.
   *
   * @default - the thresholds of the weights
   */
  readonly shares?: number[];

  /**
   * What clients call the router: the `model` of their requests.
   *
   * @default 'auto'
   */
  readonly modelName?: string;

  /**
   * Lets a client name a tier as its `model`. Without it nothing in a request can name one.
   *
   * @default false
   */
  readonly callerMayChoose?: boolean;

  /**
   * Keeps a conversation at the largest tier that one of its questions needed.
   *
   * @default true
   */
  readonly sticky?: boolean;

  /**
   * Remembers in a table which conversations were handed to a larger tier, so that they stay there whichever execution
   * environment answers. The table holds digests and names of tiers, no text; every request but a conversation's first
   * reads it.
   *
   * @default false - each execution environment remembers what it has seen itself
   */
  readonly rememberConversations?: boolean;

  /**
   * How long a conversation is remembered after it was handed up.
   *
   * @default Duration.days(1)
   */
  readonly conversationLifetime?: Duration;

  /**
   * When a request is handed to a larger tier.
   *
   * @default - for every reason, up to 10 % of the requests for what the answers are like
   */
  readonly escalation?: EscalationOptions;

  /**
   * When a tier is left alone.
   *
   * @default - for 30 seconds, after 5 failures in a row
   */
  readonly circuitBreaker?: CircuitBreakerOptions;

  /**
   * What a request may be at most.
   *
   * @default - 1 MiB, 500,000 characters, 1,000 messages
   */
  readonly limits?: RequestLimitOptions;

  /**
   * Who may send requests.
   *
   * @default FunctionUrlAuthType.AWS_IAM
   */
  readonly authType?: FunctionUrlAuthType;

  /**
   * Lets pages of other origins send requests.
   *
   * @default - none may
   */
  readonly cors?: FunctionUrlCorsOptions;

  /**
   * Longest time of a request, its answer included; 15 minutes at most.
   *
   * @default Duration.minutes(5)
   */
  readonly timeout?: Duration;

  /**
   * Memory of the router's function, MiB. Its processor grows with it.
   *
   * @default 1024
   */
  readonly memorySize?: number;

  /**
   * Requests at once, at most. Each occupies an execution environment of its own for as long as its answer takes.
   *
   * @default - as many as the account's functions may have
   */
  readonly maxConcurrentRequests?: number;

  /**
   * Where the router writes what became of each request, and with it the metrics. No prompt and no answer is written.
   *
   * @default - a log group of its own, kept for three months
   */
  readonly logGroup?: ILogGroup;

  /**
   * Traces requests and their attempts with X-Ray.
   *
   * @default true
   */
  readonly tracing?: boolean;

  /**
   * Namespace of the metrics.
   *
   * @default 'QuantizedEndpoints/Router'
   */
  readonly metricsNamespace?: string;
}
