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
  const factor = Number.isFinite(scaling.factor) ? (scaling.factor as number) : 1;
  if (typeof kind !== 'string' || ALREADY_EXTENDED.has(kind) || factor <= 1) return positions;
  const original = scaling.original_max_position_embeddings;
  if (kind.includes('yarn'))
    return Math.max(positions, Math.floor((Number.isFinite(original) ? (original as number) : positions) * factor));
  return Math.floor(positions * factor);
}

/** Names under which configs give lengths besides `max_position_embeddings`, all of which vLLM reads. */
const LENGTH_KEYS = ['n_positions', 'max_seq_len', 'seq_length', 'max_sequence_length', 'max_seq_length', 'seq_len'];

/** A context in tokens, and the key of the config that gives it. */
export interface NamedLength {
  readonly key: string;
  readonly tokens: number;
}

/**
 * The context of vLLM, which takes the shortest of all lengths that the config gives: Qwen's first generation says 32,768 positions and a
 * `seq_length` of 8,192. Where a RoPE scaling says the context, no other length is looked at.
 * Source: vllm/config/model.py, `_get_and_verify_max_len`, `possible_keys`.
 */
export function shortestContext(model: ModelDescription): NamedLength | undefined {
  const own = contextLimit(model);
  if (own === undefined) return undefined;
  const { config } = model;
  if ((config.rope_scaling ?? config.rope_parameters ?? null) !== null)
    return { key: 'max_position_embeddings', tokens: own };
  let shortest: NamedLength = { key: 'max_position_embeddings', tokens: own };
  for (const key of LENGTH_KEYS) {
    const tokens = config[key];
    if (typeof tokens === 'number' && tokens > 0 && tokens < shortest.tokens) shortest = { key, tokens };
  }
  return shortest;
}
