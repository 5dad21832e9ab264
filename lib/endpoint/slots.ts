import type { EffectiveOptions } from './types';

/** Contexts are padded to this many tokens. Source: llama.cpp src/llama-context.cpp, `GGML_PAD`. */
const PADDING = 256;

const pad = (tokens: number) => Math.ceil(tokens / PADDING) * PADDING;

type SlotOptions = Pick<EffectiveOptions, 'slots' | 'unifiedKvCache'>;

/**
 * Tokens that one request of llama-server may have: `--ctx-size` is divided by `--parallel` and padded, unless the slots share one cache,
 * which a single request may then fill.
 * Source: llama.cpp src/llama-context.cpp, `n_ctx_seq`.
 */
export function slotContext(context: number, { slots = 1, unifiedKvCache }: SlotOptions): number {
  return pad(unifiedKvCache === true ? context : Math.floor(pad(context) / Math.max(1, slots)));
}

/** Cells that llama-server allocates for all slots together, in tokens. */
export function contextCells(context: number, options: SlotOptions): number {
  const shared = options.unifiedKvCache === true;
  return slotContext(context, options) * (shared ? 1 : Math.max(1, options.slots ?? 1));
}
