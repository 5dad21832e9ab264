import type { ConfigReader } from '../config';

/** The sizes that every decoder has. Features, heads, layers and tokens, as their names say. */
export interface Geometry {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly intermediate: number;
  readonly vocab: number;
  readonly maxPositions?: number;
}

/** Reads the sizes under the names that the families use for them; `overrides` are those a family computes itself. */
export function readGeometry(config: ConfigReader, overrides: Partial<Geometry> = {}): Geometry {
  const hidden = config.size('hidden_size', 'n_embd', 'd_model', 'n_embed', 'dim');
  const heads = overrides.heads ?? config.size('num_attention_heads', 'n_head', 'n_heads', 'num_heads');
  return {
    hidden,
    layers: config.layers('num_hidden_layers', 'n_layer', 'n_layers', 'num_layers'),
    heads,
    kvHeads:
      overrides.kvHeads ?? config.sizeOr(heads, 'num_key_value_heads', 'n_head_kv', 'num_kv_heads', 'n_kv_heads'),
    headDim:
      overrides.headDim ?? config.optionalSize('head_dim', 'attention_head_dim') ?? headDimOf(config, hidden, heads),
    intermediate: overrides.intermediate ?? config.size('intermediate_size', 'n_inner', 'ffn_dim', 'ffn_hidden_size'),
    vocab: config.size('vocab_size', 'padded_vocab_size'),
    maxPositions: overrides.maxPositions ?? maxPositionsOf(config),
  };
}

/** Longest context that the config claims, tokens. */
export function maxPositionsOf(config: ConfigReader): number | undefined {
  return (
    config.tokens('max_position_embeddings') ??
    config.tokens('n_positions') ??
    config.tokens('max_seq_len') ??
    config.tokens('seq_length') ??
    config.tokens('model_max_length') ??
    config.tokens('max_sequence_length')
  );
}

function headDimOf(config: ConfigReader, hidden: number, heads: number): number {
  const headDim = Math.floor(hidden / heads);
  if (headDim >= 1) return headDim;
  throw config.fail(
    'num_attention_heads',
    String(heads),
    `at most hidden_size (${hidden})`,
    'give the real config.json',
  );
}
