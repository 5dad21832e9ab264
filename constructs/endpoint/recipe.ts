import type { Finding } from '../../lib/rules/types';
import type { EndpointSpec, ServingOptions } from '../../lib/spec/types';
import type { InstanceType } from '../shared/instance-type';
import type { BoundModel } from '../shared/model-source/bound-model';
import type { QuantizationScheme } from '../shared/quantization-scheme';
import type { BoundContainer } from '../shared/serving-container';
import type { SpeculativeDecoding } from '../shared/speculative-decoding';

/** What one kind of endpoint makes of its own props; all else is the same for every kind. */
export interface EndpointRecipe {
  readonly model: BoundModel;
  readonly container: BoundContainer;
  readonly quantization?: QuantizationScheme;
  /** May hold values that only deployment knows. */
  readonly options: ServingOptions;
  /** What guesses tokens ahead. */
  readonly speculative?: SpeculativeDecoding;
  /** Variables beside those that follow from the options; the user's own win. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Why the container needs the network even where its model comes from S3: a full sentence. */
  readonly networkReason?: string;
  /** What this kind alone can tell is wrong or risky. */
  readonly findings?: readonly Finding[];
  /** Rules whose doubt the props have settled, in words that a spec has not. */
  readonly settled?: readonly string[];
  /** Seconds that an instance takes to start beyond loading the model. */
  readonly preparationSeconds?: number;
  /** Other types of instances, in the order in which they are tried, each with what it serves. */
  readonly fallbackPools?: readonly PoolRecipe[];
  /** Completes a spec in which all defaults are chosen. */
  readonly complete?: (spec: EndpointSpec) => EndpointSpec;
}

/** A pool as its kind of endpoint makes it. */
export interface PoolRecipe {
  readonly instanceType: InstanceType;
  readonly recipe: EndpointRecipe;
}
