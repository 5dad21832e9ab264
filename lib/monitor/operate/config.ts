/** Where answers at full precision come from. */
export type ReferenceConfig =
  /** Each prompt of the set brings its own. */
  | { readonly kind: 'prompts' }
  | { readonly kind: 'endpoint'; readonly endpointName: string; readonly inferenceComponentName?: string }
  /** Made from the configuration, asked once, deleted. */
  | { readonly kind: 'temporary'; readonly endpointName: string; readonly endpointConfigName: string };

/** What a monitor is told to do. */
export interface MonitorConfig {
  /** Dimension of its metrics. */
  readonly monitorName: string;
  readonly namespace: string;
  readonly endpointName: string;
  readonly inferenceComponentName?: string;
  readonly reference: ReferenceConfig;
  /** Stands for the prompt set and the reference: another one begins anew. */
  readonly setId: string;
  /** Stands for the quality that is accepted: another one takes a new baseline. */
  readonly baselineId: string;
  readonly promptsPerRun: number;
  readonly falseAlarmRate: number;
  readonly tolerance: number;
  /** Requests at once. */
  readonly concurrency: number;
  /** Most exchanges of captured traffic that a run compares. */
  readonly capturedSamples?: number;
  readonly judged?: boolean;
  readonly embedded?: boolean;
}
