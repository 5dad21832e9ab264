import type { Subject } from '../subject';
import { isSince } from '../../endpoint/version';

/** Before 0.28 these keep a state for every block. Source: `SupportsMambaPrefixCaching` in vllm/model_executor/models of 0.17 to 0.27. */
const EVERY_BLOCK = /^(Bamba|NemotronH|Jamba|Mamba2?|Zamba2|GraniteMoeHybrid|FalconH1)ForCausalLM$/;

/**
 * Blocks that vLLM sets aside for a recurrent layer's state of each sequence: one, and with prefix caching two, as the state is kept where a
 * step ended while the next is computed. What those take that keep every state is not counted.
 * Sources: vllm/v1/kv_cache_interface.py of 0.16.0 to 0.29.0, `MambaSpec.max_memory_usage_bytes`; vllm/model_executor/models/config.py of
 * 0.16.0 to 0.29.0, `mamba_cache_mode`.
 */
export function stateBlocks({ model, options, engineVersion }: Subject): number {
  if (options.enablePrefixCaching !== true) return 1;
  if (isSince(engineVersion, 0, 28)) return 2;
  return isSince(engineVersion, 0, 16) && !EVERY_BLOCK.test(model.architecture) ? 2 : 1;
}
