import type { InputStatistics } from '../calibration/calibration';
import type { Recipe } from '../schemes/recipe';
import type { WeightDtype } from '../tensor';

/** A layer of a group, by where it lies. */
export interface GroupLayer {
  readonly name: string;
  /** Path of its file. */
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
  readonly dtype: WeightDtype;
  readonly rows: number;
  readonly columns: number;
}

/** Layers that read one input, to be quantized together with what calibration knows of it. Plain data: it travels to worker threads. */
export interface GroupTask {
  readonly recipe: Recipe;
  readonly layers: readonly GroupLayer[];
  readonly statistics: InputStatistics;
  readonly scalable: boolean;
}

/** What became of a layer: figures as the kernels keep them, and the sum of squares of each column. */
export interface LayerResult {
  readonly name: string;
  readonly figures: Float64Array;
  readonly columnEnergy: Float64Array;
}

/**
 * Attention output projections read what the value projection gives; with grouped queries nothing before them can take their factors.
 * In encoders of BERT's kind nothing can: norms feed the residual too.
 */
const NOT_SCALABLE =
  /(?:^|\.)(?:(?:o_proj|out_proj|wo|attn_output|attention\.dense)\.weight$|encoder\.layer\.\d+\.(?:attention|intermediate|output)\.)/;

/** The norm before a mixture of experts feeds all of them and the router, and takes no factors that are for one. */
const BEHIND_ROUTER = /\.(?:experts\.\d+|shared_expert)\.(?:gate_proj|up_proj|w1|w3)\.weight$/;

/** Can the operation before these layers take a factor for each channel? */
export function isScalable(weights: readonly string[]): boolean {
  return !weights.some((name) => NOT_SCALABLE.test(name) || BEHIND_ROUTER.test(name));
}
