/** One thing that was looked at. */
export interface Diagnosis {
  /** Stable, kebab case. */
  readonly id: string;
  /** `skipped`: could not be looked at, for what another one says. */
  readonly status: 'ok' | 'warning' | 'error' | 'skipped';
  readonly message: string;
  readonly fix?: string;
}

/** What of the account is asked; each throws what the service says. */
export interface AccountPort {
  region(): Promise<string>;
  identity(): Promise<{ readonly account: string; readonly arn: string }>;
  /** Version of the bootstrap stack. */
  bootstrapVersion(): Promise<number>;
  /** Applied quotas of SageMaker by name. */
  quotas(): Promise<ReadonlyMap<string, number>>;
}

/** Instances that an app needs of a type, the most at once. */
export interface Need {
  readonly instanceType: string;
  readonly count: number;
}
