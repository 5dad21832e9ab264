import type { ManagedResult } from './aiperf';
import type { FigureComparison } from './significance';
import type { StageResult } from './stage';

/** GPU memory while the load ran, beside the plan. Shares are of all GPUs of an instance together. */
export interface MeasuredMemory {
  /** 0 to 1; null where CloudWatch has no datapoint (no GPU, or none published yet). */
  readonly usedShare: number | null;
  readonly plannedShare: number | null;
  readonly instanceType: string | null;
}

/** How far the answers of two endpoints, or of one and a file, are apart. */
export interface QualityComparison {
  readonly comparedWith: string;
  readonly prompts: number;
  readonly failed: number;
  readonly exactMatch: number;
  readonly normalizedMatch: number;
  readonly similarity: number;
  readonly meanKl: number | null;
  readonly top1Agreement: number | null;
  readonly worst: readonly { readonly id: string; readonly category: string; readonly loss: number }[];
}

/** A managed benchmark job of AWS, and what it measured. */
export interface ManagedBenchmark {
  readonly workloadConfigName: string;
  readonly jobName: string;
  readonly output: string;
  readonly concurrency: number;
  readonly result: ManagedResult;
}

export interface EndpointBenchmark {
  readonly endpoint: string;
  readonly stages: readonly StageResult[];
  readonly memory: MeasuredMemory;
}

/** What `qe benchmark` writes. */
export interface BenchmarkReport {
  readonly startedAt: string;
  readonly workload: {
    readonly inputTokens: number;
    readonly outputTokens: number;
    /** Requests of each load. */
    readonly requests: number;
    readonly warmUpRequests: number;
  };
  readonly endpoint: EndpointBenchmark;
  readonly other?: EndpointBenchmark;
  /** By load, in the order of the stages. */
  readonly comparison?: readonly (readonly FigureComparison[])[];
  readonly quality?: QualityComparison;
  readonly managed?: ManagedBenchmark;
}
