import { isSince } from '../../endpoint/version';
import type { ModelDescription } from '../../model/types';
import type { Scheme } from '../../scheme/types';

/** What vLLM chooses its model runner by. */
export interface RunnerChoice {
  readonly model: ModelDescription;
  readonly scheme: Scheme;
  /** vLLM's version; undefined: newer than everything. */
  readonly version: readonly number[] | undefined;
  /** `VLLM_USE_V2_MODEL_RUNNER`. */
  readonly asked: string | undefined;
  /** How it guesses ahead, if it does; lower case. */
  readonly speculation?: string;
}

/** Methods that guess within the second runner. Source: vllm/config/vllm.py of 0.22.0 to 0.31.0, `_get_v2_model_runner_unsupported_features`. */
const GUESSES = /^(eagle3?|mtp|dflash|dspark)$/;

/** Tried first with these, while their weights are not quantized (0.22, 0.23), and then however they are (0.24). */
const FIRST = /^Qwen3ForCausalLM$/;
const SECOND = /^(Llama|Mistral|Qwen3)ForCausalLM$/;
const MIXTURES = /^(DeepseekV2|GraniteMoe|Qwen2Moe)ForCausalLM$/;
/** Mixtures that came with 0.26 and 0.28. */
const LATER_MIXTURES = /^(InklingFor(CausalLM|ConditionalGeneration)|LongcatFlashNgramForCausalLM)$/;
const LATEST_MIXTURES = /^(DeepseekV4ForCausalLM|KimiK3ForConditionalGeneration)$/;

/**
 * Does vLLM's second model runner serve this? From 0.29 it does for whatever it can do; before, for a growing list of models.
 * Source: vllm/config/vllm.py of 0.22.0 to 0.31.0, `use_v2_model_runner`, `_is_default_v2_model_runner_model` and
 * `DEFAULT_V2_MODEL_RUNNER_ARCHITECTURES`.
 */
export function usesSecondRunner(choice: RunnerChoice): boolean {
  const { model, version, asked, speculation } = choice;
  if (!isSince(version, 0, 21)) return false;
  if (asked !== undefined && /^\s*[01]\s*$/.test(asked)) return asked.trim() === '1';
  if (model.kind !== 'decoder' || (speculation !== undefined && !GUESSES.test(speculation))) return false;
  return isSince(version, 0, 29) || isListed(choice);
}

function isListed({ model, scheme, version }: RunnerChoice): boolean {
  const { architecture, moe, kv } = model;
  const isQuantized = scheme.weightType !== 'float';
  if (!isSince(version, 0, 22)) return false;
  if (!isSince(version, 0, 23)) return FIRST.test(architecture) && !isQuantized;
  if (!isSince(version, 0, 24)) return SECOND.test(architecture) && !isQuantized;
  if (MIXTURES.test(architecture)) return true;
  if (!isSince(version, 0, 25)) return SECOND.test(architecture);
  if (isSince(version, 0, 26) && LATER_MIXTURES.test(architecture)) return true;
  if (isSince(version, 0, 28) && LATEST_MIXTURES.test(architecture)) return true;
  return moe === undefined && !kv.some(({ kind }) => kind === 'recurrent');
}
