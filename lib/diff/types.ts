import type { EndpointSpec } from '../spec/types';

/** How an update takes over. */
export interface UpdateStrategy {
  readonly kind: 'ALL_AT_ONCE' | 'CANARY' | 'LINEAR' | 'ROLLING';
  /** Per cent of the fleet in one step. */
  readonly stepPercent: number;
}

/** What of an endpoint an update can change, whether it is known from a spec, a template or the service itself. */
export interface EndpointFacts {
  /** Images and weights are named otherwise in a spec, a template and the service: only like is compared with like. */
  readonly source: 'spec' | 'template' | 'service';
  /** By which two are taken for the same: logical id, construct path, or the spec's id. */
  readonly key: string;
  /** Path of the construct, where a template tells it. */
  readonly constructPath?: string;
  /** Physical name; undefined where CloudFormation makes it. */
  readonly endpointName?: string;
  readonly instanceType?: string;
  readonly image?: string;
  /** Container's variables. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where the weights are, as a text that differs when they do. */
  readonly weights?: string;
  /** Of the variant; an update sets it unless the count is retained. */
  readonly initialInstanceCount?: number;
  readonly minInstanceCount?: number;
  readonly maxInstanceCount?: number;
  /** Known of a running endpoint only. */
  readonly currentInstanceCount?: number;
  /** Does something change the count between updates? */
  readonly scales: boolean;
  /** Does an update leave the count as it is? */
  readonly retainsCount: boolean;
  /** Undefined: not known, the service's own default is blue/green, all at once. */
  readonly strategy?: UpdateStrategy;
  /** Does the model lie in an inference component? */
  readonly hostsComponents: boolean;
  /** Where it is known: then plan, context and cost can be compared too. */
  readonly spec?: EndpointSpec;
}

/** One consequence of an update. */
export interface Change {
  /** Stable, SCREAMING_SNAKE_CASE. */
  readonly id: string;
  /** `danger`: something that serves is lost; `notice`: something needs room or an agreement; `info`: a figure. */
  readonly severity: 'danger' | 'notice' | 'info';
  readonly message: string;
  readonly before?: string;
  readonly after?: string;
  readonly fix?: string;
}

/** What an update does to one endpoint. */
export interface EndpointDiff {
  readonly key: string;
  readonly changes: readonly Change[];
}
