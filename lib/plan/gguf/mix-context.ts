import type { ModelDescription } from '../../model/types';
import { NEEDS_IMPORTANCE_MATRIX, type MixContext } from '../../scheme/gguf/mix';
import { repeatsEmbedding } from '../weights/repeated-head';

/** What the rules of a mix ask of a model that is known by its config. */
export function mixContext(fileType: string, model: ModelDescription, importanceMatrix = false): MixContext {
  const queriesPerKvHead = model.numKvHeads > 0 ? model.numAttentionHeads / model.numKvHeads : 1;
  return {
    fileType,
    layers: model.numLayers,
    experts: model.moe?.experts ?? 0,
    queriesPerKvHead,
    tied: model.tieWordEmbeddings && !repeatsEmbedding(model),
    falcon: /^falcon/i.test(model.modelType),
    hasImportanceMatrix: importanceMatrix || NEEDS_IMPORTANCE_MATRIX.has(fileType),
  };
}
