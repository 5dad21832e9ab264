import type { Checkpoint, CheckpointWarning, DtypeSummary, Parameters } from '../../lib/format';
import type { ModelDescription, QuantizationConfig } from '../../lib/model';

/** Everything `qe inspect` has to say. */
export interface Inspection extends Parameters {
  readonly path: string;
  readonly checkpoint: Checkpoint;
  /** What `config.json` describes; undefined where there is none or it cannot be understood. */
  readonly model?: ModelDescription;
  readonly quantization?: QuantizationConfig | { readonly method: 'gguf'; readonly type?: string };
  readonly dtypes: readonly DtypeSummary[];
  readonly warnings: readonly CheckpointWarning[];
}
