import data from '../data/transformers-models.json';
import type { ModelDescription } from '../../model/types';

const MODEL_TYPES: ReadonlySet<string> = new Set(data.modelTypes);

/**
 * Can Transformers load the model: by code of its own, or by code that comes with the checkpoint (`auto_map`)? True where the config does
 * not name its type.
 */
export function transformersMayLoad({ config }: ModelDescription): boolean {
  const { auto_map: ownCode, model_type: type } = config;
  return ownCode !== undefined || typeof type !== 'string' || MODEL_TYPES.has(type);
}

/** Where the names come from, for `qe explain`. */
export const TRANSFORMERS_SOURCE = data.source;
