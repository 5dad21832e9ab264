import type { ScoredAnswer } from '../figures';
import type { CategorySummary } from '../summary';

/** One run in the history. */
export interface RunSummary {
  readonly at: string;
  readonly configName: string;
  /** `baseline`: the quality that later runs are compared with. */
  readonly kind: 'baseline' | 'run';
  readonly prompts: number;
  readonly failed: number;
  readonly evidence: number;
  readonly alarm: boolean;
  readonly similarity: number;
  readonly meanKl: number | null;
  readonly divergence: number | null;
}

/** What the page of a monitor shows. */
export interface MonitorView {
  readonly monitorName: string;
  readonly endpointName: string;
  readonly falseAlarmRate: number;
  readonly tolerance: number;
  readonly latest: RunSummary;
  /** Figure and category that carry most of the evidence. */
  readonly leading?: { readonly figure: string; readonly category: string | null };
  /** Prompts within which such a rise of the figure is found, as expected. */
  readonly detection?: { readonly figure: string; readonly rise: number; readonly prompts: number };
  readonly summaries: readonly CategorySummary[];
  readonly worst: readonly ScoredAnswer[];
  /** Oldest first, the latest included. */
  readonly history: readonly RunSummary[];
}
