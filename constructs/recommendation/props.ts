import type { InstanceType } from '../shared/instance-type';
import type { ModelSource } from '../shared/model-source';
import type { QuantizationScheme } from '../shared/quantization-scheme';
import type { ServingContainer } from '../shared/serving-container';
import type { Workload } from '../shared/serving-options';

/** What a recommendation is asked for. */
export interface RecommendationProps {
  /** Its `config.json` must be known: from the lock file, `config` or `configPath`. */
  readonly model: ModelSource;

  /**
   * What the endpoint has to serve.
   *
   * @default - the planner's own assumption
   */
  readonly workload?: Workload;

  /**
   * Sequences that it has to serve at the same time.
   *
   * @default - the planner's own assumption
   */
  readonly maxConcurrency?: number;

  /**
   * Tokens of prompt and answer together.
   *
   * @default - room for the workload, at most what the model takes
   */
  readonly maxModelLen?: number;

  /**
   * Only this container.
   *
   * @default - every container that can serve the model
   */
  readonly container?: ServingContainer;

  /**
   * Only this scheme.
   *
   * @default - the checkpoint's own; for an unquantized one every scheme that suits its kind of model
   */
  readonly quantization?: QuantizationScheme;

  /**
   * US dollars a month that the instances may cost at most.
   *
   * @default - no limit
   */
  readonly maxMonthlyCost?: number;

  /**
   * Region whose instance types and prices count.
   *
   * @default - the stack's region; where that is known at deployment only, us-east-1
   */
  readonly region?: string;
}

/** One way to serve a model. Its first six properties are properties of `QuantizedEndpoint`, and together make the endpoint that was ranked. */
export interface RecommendedServing {
  /** The instance type. */
  readonly instanceType: InstanceType;
  /**
   * The scheme.
   *
   * @default - the checkpoint's own
   */
  readonly quantization?: QuantizationScheme;
  /** The container. */
  readonly container: ServingContainer;
  /**
   * Accelerators that the model is cut over.
   *
   * @default - not applicable: llama.cpp spreads the model by itself
   */
  readonly tensorParallelSize?: number;
  /** Tokens of one request, prompt and answer together. */
  readonly maxModelLen: number;
  /** Sequences that one instance works on at once within the goals. */
  readonly maxConcurrency: number;
  /** Instances that the workload needs. */
  readonly instanceCount: number;
  /**
   * US dollars a month for all of them.
   *
   * @default - no price is known
   */
  readonly usdPerMonth?: number;
  /**
   * Milliseconds between two tokens.
   *
   * @default - not known
   */
  readonly interTokenMs?: number;
  /** Warnings of the rules, a sentence each. */
  readonly warnings: string[];
}

/** A combination that cannot serve the workload. */
export interface RejectedServing {
  /** `ml.g5.2xlarge · awq · lmi · 1 accelerator`. */
  readonly combination: string;
  /** A rule's id, or `OVER_BUDGET` and the like. */
  readonly reason: string;
  /** Why, in a sentence. */
  readonly message: string;
}
