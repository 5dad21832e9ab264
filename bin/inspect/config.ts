import { ModelConfigError } from '../../lib/errors';
import type { Checkpoint, CheckpointWarning } from '../../lib/format';
import { describeModel, type ModelDescription } from '../../lib/model';

/** The model that `config.json` describes. A config that cannot be understood does not keep anyone from looking at the weights. */
export function describeConfig(checkpoint: Checkpoint): {
  model?: ModelDescription;
  warnings: readonly CheckpointWarning[];
} {
  if (checkpoint.config === undefined) return { warnings: [] };
  try {
    return { model: describeModel(checkpoint.config), warnings: [] };
  } catch (error) {
    if (!(error instanceof ModelConfigError)) throw error;
    return {
      warnings: [
        { id: error.id, message: `config.json: ${error.message}`, fix: error.fix ?? 'download config.json again' },
      ],
    };
  }
}
