/** What one copy of a model keeps for itself on its instance, or what an instance has to give. */
export interface Reservation {
  /** Whole devices: SageMaker does not share one among the copies of inference components. */
  readonly accelerators: number;
  /** vCPUs. */
  readonly cpuCores: number;
  /** Host memory, bytes. */
  readonly memoryBytes: number;
}

/** Copies of one model. */
export interface Demand {
  readonly id: string;
  readonly copies: number;
  readonly reserves: Reservation;
}

/** Copies of one model on one instance. */
export interface Placement {
  readonly id: string;
  readonly copies: number;
}

/** Which copies lie on which instance; all instances are alike. */
export interface Packing {
  /** Each instance with at least one copy. */
  readonly instances: readonly (readonly Placement[])[];
  /** No packing with fewer instances exists. False where the search was given up: there may be one. */
  readonly optimal: boolean;
}
