import type { ModelDescription } from '../../model/types';

const FALCON_TYPES: ReadonlySet<string> = new Set(['falcon', 'RefinedWeb', 'RefinedWebModel']);
const FALCON_180B_LAYERS = 80;

/** Releases of Qwen3 that have `lm_head.weight` besides, each by itself: 4B has not, nor have the base models. */
const QWEN3_WITH_HEAD = /^Qwen\/Qwen3-(0\.6B|1\.7B|4B-FP8)$/;

/**
 * Whether the checkpoint stores the embedding a second time, as the head that it is tied to. Engines load it once; files hold it twice.
 * Of Falcon's releases the 7B and the 180B do, the 40B does not.
 * Sources: vllm-project/vllm#3590; huggingface/transformers#35715 (the GGUF has it too); the index of tiiuae/falcon-180B-chat's files;
 * bytes of Qwen3's files, 1,503,300,328 for 0.6B.
 *
 * @param id of the checkpoint, where it is meant as it was published
 */
export function repeatsEmbedding(model: ModelDescription, id = ''): boolean {
  if (!model.tieWordEmbeddings) return false;
  if (model.modelType === 'qwen3') return QWEN3_WITH_HEAD.test(id);
  if (!FALCON_TYPES.has(model.modelType)) return false;
  return model.numKvHeads === 1 || model.numLayers === FALCON_180B_LAYERS;
}

/**
 * Whether a GGUF holds the embedding a second time, as its head: besides the models whose checkpoint does, Bloom, whose converter writes
 * the tensor twice.
 * Source: llama.cpp conversion/bloom.py ("tie them at runtime, don't duplicate in the model file").
 */
export function repeatsEmbeddingInGguf(model: ModelDescription): boolean {
  return repeatsEmbedding(model) || (model.tieWordEmbeddings && model.modelType === 'bloom');
}
