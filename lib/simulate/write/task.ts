import type { AwqArgs } from '../awq/pseudo-quantize';
import type { InputStatistics } from '../calibration/calibration';
import type { GroupLayer } from '../groups/task';
import type { WeightDtype } from '../tensor';
import type { Encoding } from './encoding';

/** A place in a file that is being written. */
export interface Target {
  /** Path of the partial file. */
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
}

/** Brings a tensor over as it is, or cast, or each channel divided. */
export interface CopyTask {
  readonly kind: 'copy';
  readonly source: { readonly path: string; readonly offset: number; readonly bytes: number };
  readonly target: Target;
  readonly cast?: { readonly from: WeightDtype; readonly to: WeightDtype };
  /** A norm whose output is divided by these; `plusOne` where the model multiplies by 1 + weight. */
  readonly divide?: { readonly dtype: WeightDtype; readonly by: Float32Array; readonly plusOne: boolean };
}

/** Searches the factors of a group's input channels. */
export interface FactorTask {
  readonly kind: 'factors';
  readonly method: { readonly name: 'awq'; readonly args: AwqArgs } | { readonly name: 'smoothquant' };
  readonly layers: readonly GroupLayer[];
  readonly statistics: InputStatistics;
}

/** A layer to encode, and where its tensors go by their suffix. */
export interface LayerToWrite extends GroupLayer {
  readonly columnFactors?: Float32Array;
  readonly rowDivisors?: Float32Array;
  readonly clips: boolean;
  readonly targets: ReadonlyMap<string, Target>;
}

/** Encodes the layers that read one input. */
export interface LayersTask {
  readonly kind: 'layers';
  readonly encoding: Encoding;
  readonly layers: readonly LayerToWrite[];
  readonly statistics?: InputStatistics;
}

export type WriteTask = CopyTask | FactorTask | LayersTask;

/** Factors of a factor task; nothing of the others, which have written. */
export interface WriteResult {
  readonly factors?: Float32Array;
}
