import type { ModelDescription } from '../../model/types';
import { keepsCompressed } from '../kv/deepseek-v4';
import type { VllmVersion } from './vllm-profile';

/** Contexts of the longest length whose keys are gathered at once, to choose tokens by. */
const GATHERED = 40;
/** Elements of such a key that share a scale of four bytes. */
const SCALED = 128;
/** Tokens for which DeepSeek V4's indexer has one key. */
const COMPRESSED = 4;
/** Sequences whose entries DeepSeek V4 gathers at once, in 16 bits. */
const CHUNK = 4;

/**
 * Room that sparse attention gathers in: the keys it chooses tokens by, or what DeepSeek V4 attends to. It is the one that experts are
 * computed in, too, and lies there for good.
 * Sources: vllm/v1/attention/backends/mla/indexer.py, `get_max_prefill_buffer_size`, and the dummy runs of
 * vllm/model_executor/layers/sparse_attn_indexer.py and deepseek_v4_attention.py of 0.20.2; 0.12 has no such room.
 */
export function sparseWorkspaceBytes(
  model: ModelDescription,
  version: VllmVersion,
  step: { readonly context: number; readonly tokens: number },
): number {
  if (typeof model.textConfig.index_topk !== 'number' || !version.since(0, 13)) return 0;
  const { index_head_dim: width, sliding_window: window } = model.textConfig;
  if (typeof width !== 'number') return 0;
  const keys = GATHERED * step.context * (width + (width / SCALED) * 4);
  if (!keepsCompressed(model)) return keys;
  const entries = Math.ceil(step.context / COMPRESSED) + (typeof window === 'number' ? window : 0) + step.tokens;
  return Math.max(keys / COMPRESSED, CHUNK * entries * model.headDim * 2);
}
