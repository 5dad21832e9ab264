/** What works out the input of a group of layers, and can take factors for each of its channels. */
export type Preceding =
  | { readonly kind: 'norm'; readonly name: string }
  /** A layer whose output, one feature a channel, is the input (after a product with a gate). */
  | { readonly kind: 'rows'; readonly name: string };

/** The layer whose output a gated product multiplies, of a dense feed-forward and of experts; Mixtral's have names of their own. */
const UP_BEFORE_DOWN = [
  [/^(mlp\.(?:experts\.\d+\.|shared_expert\.)?)down_proj$/, '$1up_proj'],
  [/^(block_sparse_moe\.experts\.\d+\.)w2$/, '$1w3'],
] as const;

/**
 * The operation before the layers that read one input, in checkpoints that name tensors as Llama does; undefined where
 * nothing can take the factors (attention outputs with grouped queries) or it is not known.
 *
 * @param weights of the group
 * @param has whether the checkpoint has a tensor
 */
export function precedingOf(weights: readonly string[], has: (name: string) => boolean): Preceding | undefined {
  const match = /^(.*layers\.\d+\.)(.+)\.weight$/.exec(weights[0]);
  if (match === null) return undefined;
  const [, block, module] = match;
  if (/^self_attn\.(?:q|k|v|qkv)_proj$/.test(module)) return norm(`${block}input_layernorm.weight`, has);
  if (/^mlp\.(?:gate|up|gate_up)_proj$/.test(module)) {
    // Gemma 2 and 3 have norms on both sides of each part of a block.
    const before = `${block}pre_feedforward_layernorm.weight`;
    return norm(has(before) ? before : `${block}post_attention_layernorm.weight`, has);
  }
  const up = UP_BEFORE_DOWN.reduce((name, [down, before]) => name.replace(down, before), module);
  return up !== module && has(`${block}${up}.weight`) ? { kind: 'rows', name: `${block}${up}.weight` } : undefined;
}

function norm(name: string, has: (name: string) => boolean): Preceding | undefined {
  return has(name) ? { kind: 'norm', name } : undefined;
}
