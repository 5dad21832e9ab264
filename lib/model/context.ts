import type { ModelDescription } from './types';

/** RoPE scalings whose `max_position_embeddings` is already the extended one. */
const ALREADY_EXTENDED = new Set(['su', 'longrope', 'llama3', 'default', 'mrope', 'proportional']);

interface RopeScaling {
  readonly rope_type?: unknown;
  readonly type?: unknown;
  readonly factor?: unknown;
  readonly original_max_position_embeddings?: unknown;
}

/**
 * Longest context that the model's config allows, in tokens, as vLLM derives it: positions, times the factor of a RoPE scaling that does
 * not say them extended. Undefined where the config does not limit it.
 * Source: vllm/config/model.py, `_get_and_verify_max_len`; transformers 5 writes `rope_parameters` for what was `rope_scaling`.
 */
export function contextLimit(model: ModelDescription): number | undefined {
  const positions = model.maxPositionEmbeddings;
  if (positions === undefined) return undefined;
  const { config, textConfig } = model;
  const scaling = (textConfig.rope_scaling ??
    textConfig.rope_parameters ??
    config.rope_scaling ??
    config.rope_parameters) as RopeScaling | null | undefined;
  if (typeof scaling !== 'object' || scaling === null || model.modelType.startsWith('gemma3')) return positions;
  const kind = scaling.rope_type ?? scaling.type;
  const factor = scaling.factor;
  if (typeof kind !== 'string' || ALREADY_EXTENDED.has(kind) || typeof factor !== 'number' || factor <= 1)
    return positions;
  const original = scaling.original_max_position_embeddings;
  if (kind.includes('yarn'))
    return Math.max(positions, Math.floor((typeof original === 'number' ? original : positions) * factor));
  return Math.floor(positions * factor);
}
