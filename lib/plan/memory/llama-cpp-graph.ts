import { llamaCppHas } from '../../container';
import type { EffectiveOptions } from '../../endpoint/types';
import type { ModelDescription } from '../../model/types';
import type { Subject } from '../subject';

/** Tokens of one micro-batch (`-ub`) unless it is set. */
const MICRO_BATCH = 512;

/** Bytes of an element that llama.cpp computes with. */
const FLOAT = 4;

/** Tokens of one micro-batch. */
export function microBatch({ microBatch: tokens = MICRO_BATCH }: EffectiveOptions): number {
  return tokens;
}

/**
 * The compute graph of one micro-batch, for which a buffer is reserved: the widest of its steps, feed-forward, experts, scores or logits,
 * whose tensors live at the same time. Forms and counts are those that llama.cpp v0.5.0 reserves, within 5 % for Llama, Qwen2, Qwen3 MoE,
 * Mixtral, Gemma 3 and gpt-oss at contexts of 4,096 to 131,072 tokens, one to four slots and micro-batches of 512 and 2,048.
 * Source: llama.cpp src/llama-context.cpp, `sched_reserve`; its own report, "compute buffer size".
 */
export function graphBytes({ model, options, container }: Subject, cells: number): number {
  const tokens = microBatch(options);
  const slots = Math.max(1, options.slots ?? 1);
  // What one sequence can see: the cache of its slot, or the one that all share.
  const seen = options.unifiedKvCache === true ? cells : cells / slots;
  const outputs = llamaCppHas(container, 'fewOutputs') === false ? tokens : slots;
  const logits = FLOAT * (outputs * model.vocabSize + tokens * model.hiddenSize);
  const isFlash = hasFlashAttention(options, container);
  // Flash attention takes its masks in 16 bit; layers with a window have one of their own, small unless they keep everything.
  const masks = options.fullWindows === true && model.kv.some(({ window }) => window !== undefined) ? 2 : 1;
  const forward = FLOAT * tokens * widestForward(model) + masks * tokens * seen * (isFlash ? 2 : FLOAT);
  return Math.max(logits, forward, isFlash ? 0 : FLOAT * tokens * scoresOf(model, seen));
}

/** Elements for each token in the feed-forward, dense or by experts. */
function widestForward({ hiddenSize, intermediateSize, moe }: ModelDescription): number {
  const dense = 3 * intermediateSize + 4 * hiddenSize;
  if (moe === undefined) return dense;
  const inner = moe.expertsPerToken * moe.expertIntermediateSize;
  const projected = 3 * inner + 4 * hiddenSize;
  const summed = inner + (2 * moe.expertsPerToken + 3) * hiddenSize;
  return Math.max(dense, projected, summed);
}

/** Elements for each token where every head's scores are written out, with their mask. */
function scoresOf({ numAttentionHeads, numKvHeads, headDim, hiddenSize }: ModelDescription, seen: number): number {
  const queries = Math.max(hiddenSize, numAttentionHeads * headDim);
  return (numAttentionHeads + 1) * seen + 5 * queries + 2 * numKvHeads * headDim;
}

/** Before it was automatic, flash attention was off unless asked for. */
function hasFlashAttention({ flashAttention }: EffectiveOptions, container: Subject['container']): boolean {
  if (flashAttention === 'auto') return llamaCppHas(container, 'flashAttentionAuto') !== false;
  return !/^(off|0|false|disabled)$/i.test(flashAttention);
}
