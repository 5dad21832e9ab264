import { isSince } from '../../endpoint/version';
import type { ModelDescription, WeightGroup } from '../../model/types';
import type { Loader } from './loader';
import type { Shard } from './shard';

/** The room that a server makes for adapters as it loads a model, whatever adapters come. */
export interface AdapterSlots {
  readonly count: number;
  readonly rank: number;
  /** Has every expert slots, too? */
  readonly experts: boolean;
  /** Tokens that an adapter may add to the vocabulary; undefined: the embedding and the head have no slots. */
  readonly addedTokens?: number;
}

const ELEMENT_BYTES = 2;

/** Those whose embedding and head take adapters. Source: vllm/model_executor/models of 0.8.5 to 0.30.0, `embedding_modules`. */
const WITH_VOCABULARY =
  /^(Apertus|Bamba|DeciLM|Exaone4?|FalconH1|Granite(Moe(Hybrid|Shared)?)?|Jamba|Lfm2(Moe)?|Llama|MiniCPM|Mistral|Mixtral|Nemotron(H)?|PhiMoE|Solar)ForCausalLM$/;
const WITH_VOCABULARY_LATER = /^Qwen3(Moe)?ForCausalLM$/;
/** Until 0.11 an adapter could bring so many tokens of its own. Source: vllm/config/lora.py of 0.11.2, `lora_extra_vocab_size`. */
const ADDED_TOKENS = 256;

/**
 * Experts have slots from 0.11.2 on, those of the embedding and the head hold the whole vocabulary on each rank.
 * Sources: vllm/lora/utils.py of 0.11.0, 0.11.2 and 0.30.0, `get_supported_lora_modules`; vllm/model_executor/models/qwen3.py of 0.13.0 and
 * 0.16.0.
 */
export function adapterSlots(
  { architecture }: Pick<ModelDescription, 'architecture'>,
  { engine, version, loras }: Pick<Loader, 'engine' | 'version' | 'loras'>,
): AdapterSlots | undefined {
  if (loras === undefined) return undefined;
  if (engine !== 'vllm') return { ...loras, experts: false };
  const hasVocabulary =
    WITH_VOCABULARY.test(architecture) || (isSince(version, 0, 16) && WITH_VOCABULARY_LATER.test(architecture));
  return {
    ...loras,
    experts: isSince(version, 0, 11, 2),
    addedTokens: !hasVocabulary ? undefined : isSince(version, 0, 12) ? 0 : ADDED_TOKENS,
  };
}

/**
 * Two thin matrices for each linear layer and slot, in 16 bits; the first is not cut. Experts have their own.
 * Source: vllm/lora/layers, `create_lora_weights`, of 0.11.2 and 0.20.0.
 */
export function adapterBytes(group: WeightGroup, shard: Shard, slots: AdapterSlots | undefined): number {
  const takes = group.role === 'linear' || (group.role === 'expert' && slots?.experts === true);
  if (slots === undefined || !takes || shard.shape.length !== 2 || group.place !== 'text') return 0;
  return slots.count * slots.rank * (shard.shape[0] + shard.shape[1]) * shard.experts * ELEMENT_BYTES;
}

/**
 * The slots of the embedding, or of the head: two thin matrices; and for tokens that an adapter adds, room in the slot and in the table itself.
 * Source: vllm/lora/layers/vocal_parallel_embedding.py and logits_processor.py of 0.11.0 and 0.20.0; vllm/model_executor/models/llama.py of
 * 0.11.0, `lora_vocab`.
 */
export function vocabularyAdapterBytes(
  { vocabSize, hiddenSize }: Pick<ModelDescription, 'vocabSize' | 'hiddenSize'>,
  slots: AdapterSlots | undefined,
): number {
  if (slots?.addedTokens === undefined) return 0;
  const { count, rank, addedTokens } = slots;
  const thin = rank * (vocabSize + addedTokens + hiddenSize);
  return count * (thin + 2 * addedTokens * hiddenSize) * ELEMENT_BYTES;
}
