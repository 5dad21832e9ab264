import type { KvCapacity } from '../kv/capacity';
import type { KvGroup } from '../kv/groups';

/** Models whose layers with a window get a pool of their own; all others keep every token in every layer. */
const WINDOW_POOL =
  /^(Llama4ForConditionalGeneration|(GptOss|GraniteSWA|GraniteMoeSWA|MiMoV2|MiMoV2Flash|Step3p5|Gemma4|Laguna|Mellum|MuseGlimmer)ForCausalLM|(Step3p7|Gemma4|Gemma4Unified|MuseGlimmer|Inkling)ForConditionalGeneration)$/;
/** `swa_full_tokens_ratio`: tokens of that pool for each of the others'. */
const WINDOW_TOKENS = 0.8;
/** `mamba_full_memory_ratio`: bytes of recurrent states for each byte of tokens. */
const STATE_BYTES = 0.9;

/** What decides how SGLang cuts its cache into pools. */
export interface SglangPools {
  readonly architecture: string;
  /** Does it keep prefixes, and with them states? */
  readonly prefixCaching: boolean;
  /** Sequences at once, where a number is set. */
  readonly sequences?: number;
}

/**
 * Tokens that SGLang's pools hold: it keeps recurrent states, layers with a window and the rest apart, each with a share fixed at start.
 * A request may be as long as all tokens.
 * Source: sglang/srt/model_executor/pool_configurator.py, `HybridSWAPoolConfigurator`; sglang/srt/mem_cache/kv_cache_configurator.py,
 * `_handle_max_mamba_cache`; sglang/srt/configs/model_config.py, `is_hybrid_swa_model`; of 0.5.20.
 */
export function sglangCapacity(
  groups: readonly KvGroup[],
  available: number,
  context: number,
  { architecture, prefixCaching, sequences }: SglangPools,
): KvCapacity {
  const attention = groups.filter((group) => group.bytesPerToken > 0 && group.kind !== 'cross');
  const state = groups.reduce((total, group) => total + group.stateBytes * group.layers, 0);
  const whole = attention.some((group) => group.window === undefined);
  const share = whole && WINDOW_POOL.test(architecture) ? WINDOW_TOKENS : 1;
  const token = attention.reduce(
    (total, group) => total + group.bytesPerToken * group.layers * (group.window === undefined ? 1 : share),
    0,
  );
  const states =
    state === 0
      ? 0
      : prefixCaching || sequences === undefined
        ? (available * STATE_BYTES) / (1 + STATE_BYTES)
        : state * sequences;
  if (token === 0) return statesAlone(state === 0 ? 0 : Math.floor(available / state));
  const tokens = Math.max(0, Math.floor((available - states) / token));
  return { tokens, concurrency: tokens / context, largestContext: tokens };
}

/** Beyond any model's context. */
const LONGEST = 2 ** 30;

/** A model that only has states takes one for each sequence, however long. */
function statesAlone(sequences: number): KvCapacity {
  return { tokens: sequences, concurrency: sequences, largestContext: sequences === 0 ? 0 : LONGEST };
}
