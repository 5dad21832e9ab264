import type { ModelDescription } from '../../model/types';

const FALCON_TYPES: ReadonlySet<string> = new Set(['falcon', 'RefinedWeb', 'RefinedWebModel']);
const FALCON_180B_LAYERS = 80;

/**
 * Whether the checkpoint stores the embedding a second time, as the head that it is tied to. Engines load it once; files hold it twice.
 * Of Falcon's releases the 7B and the 180B do, the 40B does not.
 * Source: vllm-project/vllm#3590; huggingface/transformers#35715 (the GGUF has it too); the index of tiiuae/falcon-180B-chat's files.
 */
export function repeatsEmbedding(model: ModelDescription): boolean {
  if (!model.tieWordEmbeddings || !FALCON_TYPES.has(model.modelType)) return false;
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
