import type { Subject } from '../subject';
import { isSince } from '../../endpoint/version';

/** Before 0.28 these keep a state for every block. Source: `SupportsMambaPrefixCaching` in vllm/model_executor/models of 0.17 to 0.27. */
const EVERY_BLOCK = /^(Bamba|NemotronH|Jamba|Mamba2?|Zamba2|GraniteMoeHybrid|FalconH1)ForCausalLM$/;

/** Gated delta nets. */
const DELTA_CONVOLUTION = /\.linear_attn\.conv1d\.weight$/;
const MAMBA2_CONVOLUTION = /\.(mixer|mamba)\.conv1d\.weight$/;
/** Those of Mamba 2; the convolutions of the first Mamba have the same names. */
const MAMBA2 = /^(NemotronH|Mamba2|Zamba2|Bamba|GraniteMoeHybrid|FalconH1|Plamo2)ForCausalLM$/;

/**
 * Blocks that vLLM sets aside for a recurrent layer's state of each sequence: one, and with prefix caching two, as the state is kept where a
 * step ended while the next is computed; and one after each token that is guessed ahead. What those take that keep every state is not counted.
 * Sources: vllm/v1/kv_cache_interface.py of 0.13.0 and of 0.16.0 to 0.30.0, `MambaSpec.max_memory_usage_bytes`;
 * vllm/model_executor/models/config.py of 0.16.0 to 0.29.0, `mamba_cache_mode`.
 */
export function stateBlocks({ model, options, engineVersion, guessedTokens }: Subject): number {
  if (!isSince(engineVersion, 0, 16)) return 1;
  const isAligned =
    options.enablePrefixCaching === true && (isSince(engineVersion, 0, 28) || !EVERY_BLOCK.test(model.architecture));
  return (isAligned ? 2 : 1) + guessedTokens;
}

/**
 * Bytes that a recurrent layer's state has more, over all ranks, as its convolution must go on from any of the tokens guessed ahead.
 * Source: vllm/model_executor/layers/mamba/mamba_utils.py of 0.11.0 to 0.30.0, `gated_delta_net_state_shape`, and of 0.16.0 and 0.18.0,
 * `mamba2_state_shape`.
 */
export function guessedStateBytes(subject: Subject): number {
  const { model, engineVersion, guessedTokens, elementBytes } = subject;
  if (guessedTokens === 0) return 0;
  const isMamba2 = MAMBA2.test(model.architecture) && isSince(engineVersion, 0, 18);
  const names = isMamba2 ? MAMBA2_CONVOLUTION : DELTA_CONVOLUTION;
  const convolution = model.weights.find(({ name }) => names.test(name));
  return convolution === undefined ? 0 : guessedTokens * convolution.shape[0] * elementBytes;
}
